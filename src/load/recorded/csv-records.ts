/**
 * The records of a CSV file, with the line that each begins on. csv-parse splits lines and quotes; the
 * encoding and the delimiter are found here, since exports name neither.
 */
import { CsvError, parse } from "csv-parse/sync";
import { impossiblePlan } from "../plan/validate-plan.ts";

export interface CsvRecord {
  /** Counted from 1, comments and empty lines too. */
  readonly line: number;
  readonly fields: readonly string[];
}

export type Delimiter = "," | ";" | "\t";

export interface CsvText {
  readonly text: string;
  readonly delimiter: Delimiter;
}

/** A field with a quote that is never closed would take in the rest of the file. */
const recordMaxBytes = 64 * 1024;

/** @throws HuntError (exit code 2) when the file holds no text. */
export function decodeCsv(bytes: Uint8Array, file: string): CsvText {
  const text = new TextDecoder(encodingOf(bytes, file)).decode(bytes);
  if (text.includes("\0")) throw impossiblePlan(file, ["it holds zero bytes, so it is no text"]);
  return { text, delimiter: delimiterOf(text) };
}

/**
 * Calls back for each record; empty lines and lines that begin with # are left out.
 * @throws HuntError (exit code 2) where quotes are wrong, and whatever `onRecord` throws.
 */
export function readRecords(
  { text, delimiter }: CsvText,
  file: string,
  onRecord: (record: CsvRecord) => void,
): void {
  let lastLine = 0;
  try {
    parse(text, {
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
      comment: "#",
      comment_no_infix: true,
      max_record_size: recordMaxBytes,
      from_line: separatorLine.test(text) ? 2 : 1,
      on_record: (fields: string[], { lines }) => {
        lastLine = lines;
        onRecord({ line: lines - lineBreaks(fields), fields });
        return null;
      },
    });
  } catch (error) {
    if (error instanceof CsvError) throw impossiblePlan(file, [quoteProblem(error, lastLine)]);
    throw error;
  }
}

function encodingOf(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0x1f && second === 0x8b) {
    throw impossiblePlan(file, ["it is compressed by gzip; unpack it first"]);
  }
  if (first === 0x50 && second === 0x4b) {
    throw impossiblePlan(file, ["it is a zip archive or a workbook; export it as CSV"]);
  }
  return "utf-8";
}

/** Spreadsheets read it, and some programs write it: `sep=;` as the first line. */
const separatorLine = /^sep=([,;\t])\r?\n/i;

/** A comma is also part of numbers and times, so the others go first. */
function delimiterOf(text: string): Delimiter {
  const named = separatorLine.exec(text)?.[1];
  const firstLine = /^(?!\s*$|#).+$/m.exec(text)?.[0] ?? "";
  const unquoted = firstLine.replaceAll(/"[^"]*"?/g, "");
  const delimiters: readonly Delimiter[] = ["\t", ";", ","];
  const found = delimiters.find((each) => (named ?? unquoted).includes(each));
  return found ?? ",";
}

function lineBreaks(fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + (field.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
}

function quoteProblem(error: CsvError, lastLine: number): string {
  const line = typeof error["lines"] === "number" ? error["lines"] : lastLine + 1;
  switch (error.code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return `line ${lastLine + 1}: a quote is opened and not closed`;
    case "CSV_MAX_RECORD_SIZE":
      return `line ${lastLine + 1}: a row may have ${recordMaxBytes} bytes, got more; is a quote not closed?`;
    case "INVALID_OPENING_QUOTE":
      return `line ${line}: expected a quote at the begin of a field only, got one inside of it`;
    case "CSV_INVALID_CLOSING_QUOTE":
    case "CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE":
      return `line ${line}: expected the end of the field after its closing quote, got more text`;
    default:
      return `line ${line}: ${error.message}`;
  }
}
