/**
 * Removes the data of a backend whose keeper can't any more. The kernel has ended the nodes with it, but not what
 * descends from them: a server's busy process may outlive both. Nodes work in their own folders, so that is
 * how it is found.
 */
import { readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const triesMax = 100;
const tryEveryMs = 10;

/** Nothing happens where there is no such folder: its keeper has removed it, and ended all. */
export async function removeData(dataRoot: string): Promise<void> {
  const folder = await realpath(dataRoot).catch(() => undefined);
  if (folder === undefined) return;
  // One may start another while it is killed.
  for (let tries = 0; tries < triesMax; tries += 1) {
    const pids = await processesIn(folder);
    if (pids.length === 0) break;
    for (const pid of pids) kill(pid);
    await sleep(tryEveryMs);
  }
  await rm(dataRoot, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Whose working folder is in it, and who has no terminal: in one somebody may look at the data. */
async function processesIn(folder: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc").catch(() => [])).map(Number).filter((pid) => pid > 0);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const path = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      if (!`${path}/`.startsWith(`${folder}/`) || pid === process.pid) return [];
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      const terminal = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[4];
      return terminal === "0" ? [pid] : [];
    }),
  );
  return found.flat();
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
