/** Refuses to begin what the disk has no room for, before anything is half written. */
import files from "node:fs/promises";
import { dirname } from "node:path";
import { SetUpFailure } from "./failure.mjs";

/**
 * @param {{ path: string, bytes: number, purpose: string }} need
 *   `path` need not exist yet
 */
export async function requireSpace({ path, bytes, purpose }) {
  const facts = await statfsOfNearest(path);
  if (facts === undefined) return;
  const free = facts.bavail * facts.bsize;
  if (free >= bytes) return;
  throw new SetUpFailure(
    `not enough disk space ${purpose}: ${gigabytes(free)} GB free at ${path}, ${gigabytes(bytes)} GB needed`,
    {
      hint: "Free some space, or point HUNT_CACHE_DIR, GOCACHE and GOMODCACHE at another disk, then run the same command again.",
    },
  );
}

async function statfsOfNearest(path) {
  // Node before 18.15 has no statfs: then a full disk is found out when it is full.
  if (files.statfs === undefined) return undefined;
  for (let at = path; ; at = dirname(at)) {
    try {
      return await files.statfs(at);
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}

function gigabytes(bytes) {
  return (bytes / 1e9).toFixed(1);
}
