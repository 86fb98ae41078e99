/** The end of a node's log, and what is added to it. */
import { open, stat } from "node:fs/promises";

const tailBytesMax = 64 * 1024;
/** Enough for 10,000 lines; more than the end of a log in one go helps nobody. */
const manyLinesBytesMax = 4 * 1024 * 1024;

/** The last lines of a text file, oldest first; none when it can't be read. Reads 4 MB at most. */
export async function readLastLines(path: string, count: number): Promise<readonly string[]> {
  const bytesMax = count <= 100 ? tailBytesMax : manyLinesBytesMax;
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const start = Math.max(0, size - bytesMax);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, null, start);
    const lines = buffer
      .toString("utf8", 0, bytesRead)
      .split("\n")
      .filter((line) => line !== "");
    return lines.slice(-count);
  } catch {
    // A node that never got as far as a log has no last lines; the caller reports its own failure.
    return [];
  }
}

/** Whole lines as they are added to a file, from a moment on. */
export class LogFollower {
  readonly #path: string;
  #offset: number;
  #begun: Buffer = Buffer.alloc(0);

  private constructor(path: string, offset: number) {
    this.#path = path;
    this.#offset = offset;
  }

  static async atEnd(path: string): Promise<LogFollower> {
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    return new LogFollower(path, size);
  }

  /** Those that were completed since the last call; 64 KB at most, so a flood comes in pieces. */
  async newLines(): Promise<readonly string[]> {
    try {
      await using file = await open(this.#path, "r");
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(tailBytesMax),
        0,
        tailBytesMax,
        this.#offset,
      );
      this.#offset += bytesRead;
      return this.#complete(Buffer.concat([this.#begun, buffer.subarray(0, bytesRead)]));
    } catch {
      return [];
    }
  }

  #complete(bytes: Buffer): readonly string[] {
    const end = bytes.lastIndexOf("\n") + 1;
    // A line without an end is given in pieces rather than kept for ever.
    const cut = end === 0 && bytes.length >= tailBytesMax ? bytes.length : end;
    this.#begun = bytes.subarray(cut);
    const lines = bytes.toString("utf8", 0, cut).split("\n");
    return lines.filter((line) => line !== "");
  }
}
