import { setTimeout as sleep } from "node:timers/promises";

/** A bound that is found to have passed this long ago was passed by a process that stood still. */
const stoodStillMs = 1_000;
/** For it to read what came meanwhile. */
const catchUpMs = 1_000;

/**
 * What a promise came to, or that the bound passed first; its rejection is passed on. A process that stood still
 * (Ctrl-Z, a container without CPU) sees the bound before it sees what came in time, so it looks once more.
 */
export async function settledWithin<T>(
  promise: Promise<T>,
  boundMs: number,
): Promise<{ readonly value: T } | undefined> {
  const timer = new AbortController();
  const bound = passed(boundMs, timer.signal).catch(() => undefined);
  try {
    return await Promise.race([promise.then((value) => ({ value })), bound]);
  } finally {
    timer.abort();
  }
}

async function passed(boundMs: number, signal: AbortSignal): Promise<undefined> {
  const dueMs = performance.now() + boundMs;
  await sleep(boundMs, undefined, { signal });
  if (performance.now() - dueMs < stoodStillMs) return;
  await sleep(catchUpMs, undefined, { signal });
}
