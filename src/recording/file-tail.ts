/** Whole lines of a file that may be growing, a chunk at a time, so that no file is in memory whole. */
import { open } from "node:fs/promises";

const chunkBytes = 256 * 1024;
/** A longer line is no line of a recording. */
const lineBytesMax = 4 * 1024 * 1024;

export class FileTail {
  readonly #path: string;
  readonly #chunk = Buffer.alloc(chunkBytes);
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
  async next(): Promise<readonly string[] | undefined> {
    let bytesRead = 0;
    try {
      await using file = await open(this.#path, "r");
      ({ bytesRead } = await file.read(this.#chunk, 0, chunkBytes, this.#offset));
    } catch {
      return undefined;
    }
    if (bytesRead === 0) return undefined;
    this.#offset += bytesRead;
    const bytes = Buffer.concat([this.#begun, this.#chunk.subarray(0, bytesRead)]);
    const end = bytes.lastIndexOf(10) + 1;
    this.#begun = end === 0 && bytes.length > lineBytesMax ? Buffer.alloc(0) : bytes.subarray(end);
    return bytes
      .toString("utf8", 0, end)
      .split("\n")
      .filter((line) => line !== "");
  }
}
