/** Text files of a recording, line by line, and what is said of a file or a line that can't be read. */

import { open } from "node:fs/promises";
import { ZodError } from "zod";
import { reasonOf } from "../../reason-of.ts";

export interface LinesOptions {
  /** Of the file, for problems. */
  readonly name: string;
  /** The file is still being written: its last line may be half there, and that is no problem. */
  readonly live: boolean;
  /** Throws for a line that it cannot read. */
  readonly visit: (line: string, place: LinePlace) => void;
  /** How much is read at a time. */
  readonly chunkBytes?: number;
}

/** In bytes, without the line's end. */
export interface LinePlace {
  readonly offset: number;
  readonly length: number;
}

/** What decoding puts where bytes were no UTF-8: a line with it is damaged even if it parses. */
const replacementCharacter = "\uFFFD";
const lineEnd = 10;
/** A longer line is no line of a recording. */
const lineBytesMax = 4 * 1024 * 1024;

/**
 * Visits each line that has its end. A run of a day has a timeline of gigabytes, which is no string: a chunk is in
 * memory at a time, and a line that goes beyond it.
 * @returns what was left out: at most one sentence for the last line and one for all others.
 * @throws Error when the file cannot be opened or read.
 */
export async function eachLine(path: string, options: LinesOptions): Promise<string[]> {
  const chunk = Buffer.alloc(options.chunkBytes ?? 1024 * 1024);
  const lines = new Lines(options);
  await using file = await open(path, "r");
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return lines.end();
    lines.read(chunk.subarray(0, bytesRead));
  }
}

class Lines {
  readonly #options: LinesOptions;
  /** What is known of a line whose end was not read yet. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  /** Of that line. */
  #offset = 0;
  #number = 1;
  #unreadable = 0;
  #first = "";

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  read(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(lineEnd, from);
      if (end === -1) break;
      this.#line(chunk.subarray(from, end));
      from = end + 1;
    }
    if (from === chunk.length) return;
    this.#begunBytes += chunk.length - from;
    if (this.#begunBytes <= lineBytesMax) this.#begun.push(Buffer.from(chunk.subarray(from)));
  }

  end(): string[] {
    const { name, live } = this.#options;
    const problems: string[] = [];
    if (this.#unreadable === 1) problems.push(`${name}: ${this.#first}.`);
    if (this.#unreadable > 1) {
      problems.push(
        `${name}: ${this.#unreadable} lines were left out, the first of them: ${this.#first}.`,
      );
    }
    // A writer ends each line; one without an end may be cut off and still look whole.
    if (this.#begunBytes > 0 && !live) {
      problems.push(`${name}: the last line is cut off and was left out.`);
    }
    return problems;
  }

  #line(rest: Buffer): void {
    const length = this.#begunBytes + rest.length;
    try {
      if (length > lineBytesMax) throw new Error(`it is longer than ${lineBytesMax} bytes`);
      const bytes = this.#begunBytes === 0 ? rest : Buffer.concat([...this.#begun, rest]);
      if (length > 0) this.#visit(bytes.toString("utf8"), length);
    } catch (error) {
      this.#unreadable += 1;
      if (this.#unreadable === 1) {
        this.#first = `line ${this.#number} was left out: ${damageOf(error)}`;
      }
    }
    this.#begun = [];
    this.#begunBytes = 0;
    this.#offset += length + 1;
    this.#number += 1;
  }

  #visit(line: string, length: number): void {
    if (line.includes(replacementCharacter)) throw new Error("it holds bytes that are no text");
    this.#options.visit(line, { offset: this.#offset, length });
  }
}

/** A file that could not be opened or read, in a sentence. */
export function fileProblem(name: string, error: unknown): string {
  if (isMissing(error)) return `${name} is missing.`;
  return `${name} cannot be read: ${damageOf(error)}.`;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** One line without control characters, whatever the file held; without a full stop. */
function damageOf(error: unknown): string {
  if (error instanceof SyntaxError) return "it is not JSON";
  if (error instanceof ZodError) {
    const issue = error.issues[0];
    const path = issue?.path.join(".") ?? "";
    return `${path === "" ? "" : `${path}: `}${issue?.message ?? "it does not fit"}`;
  }
  if (error instanceof Error && "code" in error && "syscall" in error) return String(error.code);
  const text = reasonOf(error);
  return text
    .replaceAll(/[^\x20-\x7e]+/g, "?")
    .replace(/\.$/, "")
    .slice(0, 120);
}
