/**
 * A store's commit time is its disk's: on a file system in memory an fsync costs nothing, and figures of
 * commits say nothing of a real one. Said, not refused: a test of correctness is as good there.
 */
import { statfs } from "node:fs/promises";

/** `TMPFS_MAGIC` of statfs(2). */
const tmpfsType = 0x01021994;

/** A warning in one line, or undefined when the folder is on a disk or can't be told. */
export async function memoryDiskWarning(folder: string): Promise<string | undefined> {
  const type = await statfs(folder).then(
    (facts) => facts.type,
    () => undefined,
  );
  if (type !== tmpfsType) return undefined;
  return `warning: ${folder} is in memory, so commits cost less than on a disk; TMPDIR names another folder`;
}
