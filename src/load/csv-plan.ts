/**
 * A load curve from recorded traffic: a CSV file with the columns `timestamp` and `value`. Only its
 * shape is used: the time between first and last row becomes the plan's duration, and the highest
 * value its peak rate. Rows are averaged to at most one point per second of the plan, since what is
 * drawn by the second can't show more.
 */
import { readFile } from "node:fs/promises";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { peak } from "./curve.ts";
import type { CurvePoint, LoadPlan } from "./load-plan.ts";
import { impossiblePlan } from "./validate-plan.ts";

/** Larger files are not traffic of one event, and the whole file is held in memory. */
const maxRows = 1_000_000;

/**
 * Reads a CSV file as the curve of the rate, over the base plan's duration and up to the base plan's
 * peak. All players of the base plan's peak are active throughout: recorded traffic says how much was
 * done, not by how many. Everything else comes from the base plan.
 * @throws HuntError (exit code 2) when the file can't be read, or with every line that is wrong.
 */
export async function readCsvPlan(file: string, base: LoadPlan): Promise<LoadPlan> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new HuntError({
      code: "usage.unreadable-plan",
      exitCode: exitCodes.usage,
      message: `The load plan ${file} can't be read: ${error instanceof Error ? error.message : String(error)}`,
      hint: "A plan is a CSV file with the columns timestamp,value.",
      cause: error,
    });
  }
  return planFromCsv(text, file, base);
}

/** The same from the file's text; `file` is for messages. */
export function planFromCsv(text: string, file: string, base: LoadPlan): LoadPlan {
  const rows = readRows(text, file);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined || last.atMs === first.atMs) {
    throw impossiblePlan(file, [
      `at least two rows with different times are needed, got ${rows.length}`,
    ]);
  }
  const shape = averagePerSecond(rows, base.durationS);
  const highest = peak(shape);
  if (highest === 0) {
    throw impossiblePlan(file, ["every value is 0, so there is no load to scale"]);
  }
  const peakPerS = peak(base.rate);
  const players = Math.floor(peak(base.players));
  return {
    ...base,
    players: [
      [0, players],
      [base.durationS, players],
    ],
    rate: shape.map(([atS, value]) => [atS, (value / highest) * peakPerS]),
  };
}

interface Row {
  readonly atMs: number;
  readonly value: number;
}

function readRows(text: string, fileName: string): Row[] {
  const lines = text.split(/\r?\n/);
  const problems: string[] = [];
  if (lines[0]?.trim().toLowerCase() !== "timestamp,value") {
    problems.push(`line 1 must be "timestamp,value", got "${shortened(lines[0] ?? "")}"`);
  }
  if (lines.length > maxRows) problems.push(`at most ${maxRows} lines, got ${lines.length}`);
  if (problems.length > 0) throw impossiblePlan(fileName, problems);
  const rows: Row[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const row = readRow(line);
    const problem = typeof row === "string" ? row : orderProblem(rows.at(-1), row);
    if (problem !== undefined) problems.push(`line ${index + 1}: ${problem}`);
    else if (typeof row !== "string") rows.push(row);
    if (problems.length === 10) break;
  }
  if (problems.length > 0) throw impossiblePlan(fileName, problems);
  return rows;
}

const timePattern = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$/;

/** A row, or what is wrong with it. */
function readRow(line: string): Row | string {
  const [time, number, ...rest] = line.split(",").map((field) => field.trim());
  if (time === undefined || number === undefined || number === "" || rest.length > 0) {
    return `expected two columns, got "${shortened(line)}"`;
  }
  const atMs = timePattern.test(time) ? Date.parse(`${time.replace(" ", "T")}Z`) : Number.NaN;
  if (Number.isNaN(atMs)) {
    return `the time must be YYYY-MM-DD hh:mm:ss, got "${shortened(time)}"`;
  }
  const value = Number(number);
  if (!Number.isFinite(value) || value < 0) {
    return `the value must be a number of at least 0, got "${shortened(number)}"`;
  }
  return { atMs, value };
}

function orderProblem(previous: Row | undefined, row: Row): string | undefined {
  if (previous === undefined || row.atMs >= previous.atMs) return undefined;
  return "its time is before that of the row above it";
}

function averagePerSecond(rows: readonly Row[], durationS: number): CurvePoint[] {
  const startMs = rows[0]?.atMs ?? 0;
  const spanMs = (rows.at(-1)?.atMs ?? 0) - startMs;
  const points: CurvePoint[] = [];
  let bin = -1;
  let sum = { atS: 0, value: 0, count: 0 };
  const flush = () => {
    if (sum.count > 0) points.push([sum.atS / sum.count, sum.value / sum.count]);
    sum = { atS: 0, value: 0, count: 0 };
  };
  for (const row of rows) {
    const atS = ((row.atMs - startMs) / spanMs) * durationS;
    if (Math.floor(atS) !== bin) flush();
    bin = Math.floor(atS);
    sum = { atS: sum.atS + atS, value: sum.value + row.value, count: sum.count + 1 };
  }
  flush();
  return points;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
