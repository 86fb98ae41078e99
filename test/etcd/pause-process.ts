/** SIGSTOP reaches a process's threads one by one: until the last one stands it may still answer. */
import { readdirSync, readFileSync } from "node:fs";

const boundMs = 1000;
const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** Returns once every thread stands. @throws Error when one does not within a second. */
export function pauseProcess(pid: number): void {
  process.kill(pid, "SIGSTOP");
  const deadline = performance.now() + boundMs;
  while (!stands(pid)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} does not stop`);
    Atomics.wait(sleepCell, 0, 0, 1);
  }
}

function stands(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  });
}
