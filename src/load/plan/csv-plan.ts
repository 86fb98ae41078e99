/**
 * A load curve from recorded traffic: a CSV file with a time and a value in each row. Only its shape is
 * used: the time between first and last row becomes the plan's duration, and the highest value its peak
 * rate. What the shape loses on the way is told (`recorded/recorded-curve.ts`).
 */

import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { optional } from "../../optional.ts";
import { reasonOf } from "../../reason-of.ts";
import { columnName } from "../recorded/csv-columns.ts";
import { decodeCsv } from "../recorded/csv-records.ts";
import { type RecordedRows, readRows } from "../recorded/csv-rows.ts";
import type { RecordedCurve } from "../recorded/recorded-curve.ts";
import { type Resampled, resample } from "../recorded/resample.ts";
import { integrate, peak } from "./curve.ts";
import type { CurvePoint, LoadPlan } from "./load-plan.ts";
import { impossiblePlan } from "./validate-plan.ts";

/** Larger files are not traffic of one event, and the whole file is held in memory. */
const csvLimits = { bytes: 64 * 1024 * 1024, rows: 1_000_000 } as const;

export interface CsvPlan {
  readonly plan: LoadPlan;
  readonly recorded: RecordedCurve;
}

/**
 * Reads a CSV file as the curve of the rate, over the base plan's duration and up to the base plan's
 * peak. All players of the base plan's peak are active throughout: recorded traffic says how much was
 * done, not by how many. Everything else comes from the base plan.
 * @throws HuntError (exit code 2) when the file can't be read, or with every line that is wrong.
 */
export async function readCsvPlan(file: string, base: LoadPlan): Promise<CsvPlan> {
  return planFromCsv(await readBytes(file, csvLimits.bytes), file, base);
}

/** The same from the file's bytes; `file` is for messages. */
export function planFromCsv(
  bytes: Uint8Array,
  file: string,
  base: LoadPlan,
  maxRows: number = csvLimits.rows,
): CsvPlan {
  const found = readRows(decodeCsv(bytes, file), file, maxRows);
  const rows = spread(found, base.durationS);
  const highest = peak(rows);
  if (highest === 0) {
    throw impossiblePlan(file, ["every value is 0, so there is no load to scale"]);
  }
  const resampled = resample(rows, base.durationS);
  const peakPerS = peak(base.rate);
  const players = Math.floor(peak(base.players));
  return {
    plan: {
      ...base,
      players: [
        [0, players],
        [base.durationS, players],
      ],
      rate: resampled.curve.map(([atS, value]) => [atS, (value / highest) * peakPerS]),
    },
    recorded: describe(found, { file, rows, resampled, durationS: base.durationS }),
  };
}

/** A pipe (`--plan <(zcat traffic.csv.gz)`) does not say how long it is. */
async function readBytes(file: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      if (!Buffer.isBuffer(chunk)) continue;
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch (error) {
    throw new HuntError({
      code: "usage.unreadable-plan",
      exitCode: exitCodes.usage,
      message: `The load plan ${file} can't be read: ${reasonOf(error)}`,
      hint: "A plan is a CSV file with a time and a value in each row.",
      cause: error,
    });
  }
  if (bytes <= maxBytes) return Buffer.concat(chunks);
  throw impossiblePlan(file, [
    `a recording may have ${maxBytes / 1024 / 1024} MiB, got more; export it in coarser steps`,
  ]);
}

/** The rows over the plan's time, from 0 s to its end. */
function spread({ rows }: RecordedRows, durationS: number): CurvePoint[] {
  const { startMs, spanMs } = timesOf(rows);
  return rows.map(({ atMs, value }) => [((atMs - startMs) * durationS) / spanMs, value]);
}

function timesOf(rows: RecordedRows["rows"]) {
  const startMs = rows[0]?.atMs ?? 0;
  return { startMs, spanMs: (rows.at(-1)?.atMs ?? startMs) - startMs };
}

interface Played {
  readonly file: string;
  readonly rows: readonly CurvePoint[];
  readonly resampled: Resampled;
  readonly durationS: number;
}

function describe(
  { rows: { length }, rows: timed, columns, newestFirst }: RecordedRows,
  { file, rows, resampled: { curve, cells }, durationS }: Played,
): RecordedCurve {
  const recordedMean = integrate(rows, 0, durationS) / durationS;
  const playedMean = integrate(curve, 0, durationS) / durationS;
  return {
    file: basename(file),
    rows: length,
    spanS: timesOf(timed).spanMs / 1000,
    timeColumn: columnName(columns, columns.time),
    valueColumn: columnName(columns, columns.value),
    newestFirst,
    durationS,
    recordedPeakToMean: peak(rows) / recordedMean,
    playedPeakToMean: peak(curve) / playedMean,
    meanRatio: playedMean / recordedMean,
    ...optional({ cells }),
  };
}
