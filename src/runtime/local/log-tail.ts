import { open } from "node:fs/promises";

const tailBytesMax = 64 * 1024;

/** The last lines of a text file, oldest first; none when it can't be read. Reads at most 64 KB. */
export async function readLastLines(path: string, count: number): Promise<readonly string[]> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const start = Math.max(0, size - tailBytesMax);
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
