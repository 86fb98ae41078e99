/**
 * A load curve from recorded traffic: a CSV file with the columns `timestamp` and `value`. Only its
 * shape is used: the time between first and last row becomes the plan's duration, and the highest
 * value its peak rate. Rows are averaged to at most one point per second of the plan, since what is
 * drawn by the second can't show more.
 */
import type { CurvePoint, LoadPlan } from "./load-plan.ts";
import { impossiblePlan } from "./validate-plan.ts";

/** Larger files are not traffic of one event, and the whole file is held in memory. */
const maxRows = 1_000_000;

export interface CsvPlanOptions {
  /** For messages. */
  readonly fileName: string;
  /** Everything but the curves comes from here. */
  readonly base: LoadPlan;
  readonly durationS: number;
  /** Digs per second at the file's highest point. */
  readonly peakRatePerS: number;
  /** From the first second to the last: recorded traffic says how much was done, not by how many. */
  readonly players: number;
}

/** @throws HuntError (exit code 2) with every line that can't be read. */
export function planFromCsv(text: string, options: CsvPlanOptions): LoadPlan {
  const rows = readRows(text, options.fileName);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined || last.atMs === first.atMs) {
    throw impossiblePlan(options.fileName, [
      `at least two rows with different times are needed, got ${rows.length}`,
    ]);
  }
  const shape = averagePerSecond(rows, options.durationS);
  const highest = shape.reduce((peak, [, value]) => Math.max(peak, value), 0);
  if (highest === 0) {
    throw impossiblePlan(options.fileName, ["every value is 0, so there is no load to scale"]);
  }
  return {
    ...options.base,
    durationS: options.durationS,
    players: [
      [0, options.players],
      [options.durationS, options.players],
    ],
    rate: shape.map(([atS, value]) => [atS, (value / highest) * options.peakRatePerS]),
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
