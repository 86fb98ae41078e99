/**
 * hunt itself works in bursts, above all when a second ends and its frames, histograms and figures come in:
 * some 30 ms in which players would wait for a processor. So while they play it has a lower priority than what is
 * measured (setpriority(2)); a frame that is read later is late for nobody.
 */
import { getPriority, setPriority } from "node:os";

/** As that of the companions. */
const lowPriority = 10;

/** @returns what puts the process back, where it may: only root may raise a priority. Idempotent. */
export function lowerPriority(pid: number): () => void {
  const before = setTo(pid, lowPriority);
  return () => {
    if (before !== undefined) setTo(pid, before);
  };
}

/** @returns what it was; undefined when it is gone, or may not be changed: then it stays as it is. */
function setTo(pid: number, priority: number): number | undefined {
  try {
    const before = getPriority(pid);
    setPriority(pid, priority);
    return before;
  } catch {
    return undefined;
  }
}
