/** A fault on a link has evidence once somebody talks on the link, which may not happen while it lasts. */
import { until } from "../serving.ts";

/** @returns how long to wait for traffic: `mostMs`, or half of the fault's own length. */
export function graceMs(mostMs: number, forS: number | undefined): number {
  return Math.min(mostMs, (forS ?? Number.POSITIVE_INFINITY) * 500);
}

/** Waits until there is evidence, or the time is over: then there is none. */
export async function untilTold(
  signal: AbortSignal,
  boundMs: number,
  hasEvidence: () => Promise<boolean>,
): Promise<void> {
  const quiet = AbortSignal.any([signal, AbortSignal.timeout(boundMs)]);
  await until(quiet, () => "nobody talked on it", hasEvidence).catch((error: unknown) => {
    if (!quiet.aborted) throw error;
  });
}
