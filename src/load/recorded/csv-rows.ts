/**
 * The rows of a recording in order of time: each with a time of its own. All that is wrong is told by
 * line, up to ten at once. A file whose newest row comes first is read from its end.
 */
import { impossiblePlan } from "../plan/validate-plan.ts";
import { type CsvColumns, columnName, findColumns } from "./csv-columns.ts";
import { readNumbers, type WrittenNumber } from "./csv-number.ts";
import { type CsvText, readRecords } from "./csv-records.ts";
import { type ReadTime, readTime, type TimeForm } from "./csv-time.ts";

export interface RecordedRow {
  readonly atMs: number;
  readonly value: number;
}

export interface RecordedRows {
  readonly rows: readonly RecordedRow[];
  readonly columns: CsvColumns;
  readonly newestFirst: boolean;
}

interface WrittenRow extends WrittenNumber {
  readonly time: string;
  readonly atMs: number;
}

const problemsShown = 10;

/** @throws HuntError (exit code 2) with the problems, by line. */
export function readRows(csv: CsvText, file: string, maxRows: number): RecordedRows {
  const { written, columns, form, problems } = readWrittenRows(csv, file, maxRows);
  const tell = (line: number, problem: string) => problems.set(line, problem);
  const values = readNumbers(written, csv.delimiter === ";", tell);
  const rows = written.map((row, index) => ({ ...row, value: values[index] ?? 0 }));
  const newestFirst = isNewestFirst(rows);
  if (newestFirst) rows.reverse();
  for (const [index, row] of rows.entries()) {
    const problem = orderProblem(rows[index - 1], row, form);
    if (problem !== undefined) tell(row.line, problem);
  }
  refuse(file, problems);
  if (columns === undefined || rows.length < 2) {
    const problem = `at least two rows with different times are needed, got ${rows.length}`;
    throw impossiblePlan(file, [columns === undefined ? `it is empty: ${problem}` : problem]);
  }
  return { rows, columns, newestFirst };
}

function readWrittenRows(csv: CsvText, file: string, maxRows: number) {
  const written: WrittenRow[] = [];
  const problems = new Map<number, string>();
  let columns: CsvColumns | undefined;
  let first: { readonly line: number; readonly form: TimeForm } | undefined;
  readRecords(csv, file, (record) => {
    const { line, fields } = record;
    if (columns === undefined) {
      const found = findColumns(record);
      if (typeof found === "string") throw impossiblePlan(file, [found]);
      columns = found;
      if (found.names !== undefined) return;
    }
    if (written.length === maxRows) {
      throw impossiblePlan(file, [
        `line ${line}: a recording may have ${maxRows} rows, got more; export it in coarser steps`,
      ]);
    }
    const row = readRow(fields, columns);
    const problem = typeof row === "string" ? row : formProblem(first, row);
    if (problem !== undefined) problems.set(line, problem);
    if (problems.size === problemsShown) refuse(file, problems);
    if (typeof row === "string" || problem !== undefined) return;
    first ??= { line, form: row.form };
    written.push({ line, time: row.time, atMs: row.atMs, text: row.text });
  });
  return { written, columns, form: first?.form, problems };
}

interface ReadRow extends ReadTime {
  readonly time: string;
  readonly text: string;
}

/** A row, or what is wrong with it. */
function readRow(fields: readonly string[], columns: CsvColumns): ReadRow | string {
  const surplus = fields.slice(columns.count).some((field) => field !== "");
  const text = fields[columns.value];
  const time = fields[columns.time];
  if (surplus || text === undefined || time === undefined) {
    return `expected ${columns.count} columns as in the first row, got ${fields.length}`;
  }
  const read = readTime(time);
  if (typeof read === "string") {
    return `the time in ${columnName(columns, columns.time)} can't be read, got ${quoted(time)}: ${read}`;
  }
  if (text === "") return `${columnName(columns, columns.value)} has no value`;
  return { ...read, time, text };
}

function formProblem(
  first: { readonly line: number; readonly form: TimeForm } | undefined,
  { form, time }: ReadRow,
): string | undefined {
  if (first === undefined || first.form === form) return undefined;
  return `the time is ${form} and that of line ${first.line} is ${first.form}, got ${quoted(time)}`;
}

function isNewestFirst(rows: readonly WrittenRow[]): boolean {
  let later = 0;
  for (const [index, { atMs }] of rows.entries()) {
    later += Math.sign(atMs - (rows[index - 1]?.atMs ?? atMs));
  }
  return later < 0;
}

const hourMs = 3_600_000;

/** Rows without an offset that go back by up to an hour are most likely those of one night in autumn. */
function orderProblem(
  before: WrittenRow | undefined,
  row: WrittenRow,
  form: TimeForm | undefined,
): string | undefined {
  if (before === undefined || row.atMs > before.atMs) return undefined;
  const same = row.atMs === before.atMs;
  const what = same
    ? `${quoted(row.time)} is the time of line ${before.line} too`
    : `${quoted(row.time)} follows ${quoted(before.time)} of line ${before.line}, which is later`;
  if (form === "without an offset" && before.atMs - row.atMs <= hourMs) {
    const otherwise = same ? "; otherwise add up what has one time" : "";
    return `${what}; when clocks go back in autumn, an hour is there twice: export times with offsets or in UTC${otherwise}`;
  }
  return same ? `${what}; add up what has one time` : `${what}; sort the rows by time`;
}

function refuse(file: string, problems: ReadonlyMap<number, string>): void {
  if (problems.size === 0) return;
  const byLine = [...problems].sort(([left], [right]) => left - right);
  const shown = byLine.slice(0, problemsShown).map(([line, problem]) => `line ${line}: ${problem}`);
  const left = problems.size - shown.length;
  throw impossiblePlan(file, left === 0 ? shown : [...shown, `${left} more lines`]);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
