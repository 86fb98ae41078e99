/**
 * Whole lines of a file that may be growing, a chunk at a time, so that no file is in memory whole. Reads are
 * synchronous: several times a second a dozen files are looked at, most have not grown, and what is read lies in
 * the page cache; a thread of the pool for each costs more than ten times as much.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";

const chunkBytes = 256 * 1024;
/** A longer line is no line of a recording. */
const lineBytesMax = 4 * 1024 * 1024;
/** One for all: it is copied or decoded before the next read. */
const chunk = Buffer.alloc(chunkBytes);

export class FileTail {
  readonly #path: string;
  #offset: number;
  #begun: Buffer = Buffer.alloc(0);

  constructor(path: string, offset = 0) {
    this.#path = path;
    this.#offset = offset;
  }

  /** True when bytes behind the last line end are waiting for the rest of their line. */
  get unfinished(): boolean {
    return this.#begun.length > 0;
  }

  /** @returns the lines of the next chunk; undefined at the end of the file, or when there is none. */
  next(): readonly string[] | undefined {
    const bytesRead = this.#read();
    if (bytesRead === 0) return undefined;
    this.#offset += bytesRead;
    const read = chunk.subarray(0, bytesRead);
    const bytes = this.#begun.length === 0 ? read : Buffer.concat([this.#begun, read]);
    const end = bytes.lastIndexOf(10) + 1;
    const tooLong = end === 0 && bytes.length > lineBytesMax;
    this.#begun = Buffer.from(tooLong ? "" : bytes.subarray(end));
    return bytes
      .toString("utf8", 0, end)
      .split("\n")
      .filter((line) => line !== "");
  }

  #read(): number {
    let file: number | undefined;
    try {
      if (statSync(this.#path).size <= this.#offset) return 0;
      file = openSync(this.#path, "r");
      return readSync(file, chunk, 0, chunkBytes, this.#offset);
    } catch {
      return 0;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}
