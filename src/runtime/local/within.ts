import { setTimeout as sleep } from "node:timers/promises";

/** The value, or undefined when the bound passes first. */
export async function within<T>(boundMs: number, value: Promise<T>): Promise<T | undefined> {
  const abandon = new AbortController();
  const bound = sleep(boundMs, undefined, { signal: abandon.signal }).catch(() => undefined);
  try {
    return await Promise.race([value, bound]);
  } finally {
    abandon.abort();
  }
}
