import { setTimeout as sleep } from "node:timers/promises";

/** What a promise came to, or that the bound passed first; its rejection is passed on. */
export async function settledWithin<T>(
  promise: Promise<T>,
  boundMs: number,
): Promise<{ readonly value: T } | undefined> {
  const timer = new AbortController();
  const bound = sleep(boundMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise.then((value) => ({ value })), bound]);
  } finally {
    timer.abort();
  }
}
