/**
 * Which columns hold the time and the rate. A header names them; where it does not, or there is none,
 * they are the first column and the next one. The operator is told which were taken.
 */
import { isNumber } from "./csv-number.ts";
import type { CsvRecord } from "./csv-records.ts";
import { readTime } from "./csv-time.ts";

export interface CsvColumns {
  /** How many fields each row must have. */
  readonly count: number;
  /** Counted from 0. */
  readonly time: number;
  readonly value: number;
  /** Undefined when the file has no header. */
  readonly names: readonly string[] | undefined;
}

const timeNames: readonly string[] = [
  "timestamp",
  "time",
  "datetime",
  "date",
  "ts",
  "epoch",
  "unixtime",
];
const valueNames: readonly string[] = [
  "value",
  "rate",
  "count",
  "requests",
  "rps",
  "qps",
  "hits",
  "events",
];

/** From the first record of the file; a sentence when it has too few fields. */
export function findColumns({ line, fields }: CsvRecord): CsvColumns | string {
  if (fields.length < 2) {
    return `line ${line}: expected a time and a value, separated by a comma, a semicolon or a tab, got one column`;
  }
  const hasHeader = !fields.some((field) => isNumber(field) || typeof readTime(field) !== "string");
  if (!hasHeader) return { count: fields.length, time: 0, value: 1, names: undefined };
  const known = fields.map(plainName);
  const time = firstOf(timeNames, known) ?? 0;
  const value = firstOf(valueNames, known) ?? (time === 0 ? 1 : 0);
  return { count: fields.length, time, value, names: fields };
}

/** For people: `column 2 (requests)`. */
export function columnName({ names }: CsvColumns, column: number): string {
  // A name comes from a file, and goes to a terminal.
  const name = names?.[column]?.replaceAll(/[\s\p{Cc}]+/gu, " ").slice(0, 40);
  return name === undefined ? `column ${column + 1}` : `column ${column + 1} (${name})`;
}

/** `Time (UTC)`, `@timestamp` and `_time` are names that programs give. */
function plainName(name: string): string {
  return name
    .replaceAll(/[([].*/g, "")
    .replaceAll(/[^a-z]/gi, "")
    .toLowerCase();
}

/** Where several are there, the order of `wanted` decides. */
function firstOf(wanted: readonly string[], names: readonly string[]): number | undefined {
  return wanted.map((name) => names.indexOf(name)).find((column) => column >= 0);
}
