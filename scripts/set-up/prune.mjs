/** Keeps a cache folder bounded: the newest entries by last use stay, what is half-built and abandoned goes. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * @param {string} folder
 * @param {number} kept
 * @param {(name: string) => boolean} [belongs] which entries are counted; all by default
 */
export async function pruneOldest(folder, kept, belongs = () => true) {
  const names = (await readdir(folder)).filter(belongs);
  const entries = [];
  for (const name of names) {
    const owner = /\.(?:tmp|broken)-(\d+)$/.exec(name);
    if (owner && !isRunning(Number(owner[1])))
      await rm(join(folder, name), { recursive: true, force: true });
    if (owner) continue;
    const facts = await stat(join(folder, name)).catch(() => undefined);
    if (facts) entries.push({ name, usedAt: facts.mtimeMs });
  }
  entries.sort((a, b) => b.usedAt - a.usedAt);
  for (const { name } of entries.slice(kept)) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

export function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error?.code === "EPERM";
  }
}
