/**
 * What the probes of the links saw, side by side, and whether modelled and real loss agree. Two figures
 * decide: how often a message was stalled, and the p99 of the round trips; each may differ by
 * `toleranceFactor` either way. The link without loss tells how many stalls the machine itself made
 * meanwhile: they are taken off both, and where they are too many nothing is said.
 */
import type { ConnectionTrace } from "./probe.ts";

export const toleranceFactor = 1.5;
/** With fewer on both links chance alone could make the difference. */
export const leastStalls = 30;
/** Of the stalls of either link, the share that may be the machine's own. */
export const mostNoise = 0.25;

export interface RoundTrips {
  readonly messages: number;
  readonly unanswered: number;
  readonly stalls: number;
  readonly stallsPer1000: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Agreement {
  readonly outcome: "agrees" | "differs" | "too-few" | "too-noisy";
  /** Modelled by real, the machine's own stalls taken off; null when the real one had none. */
  readonly stallsRatio: number | null;
  readonly p99Ratio: number | null;
}

export function roundTripsOf(traces: readonly ConnectionTrace[], stallMs: number): RoundTrips {
  const all = traces.flat();
  const times = all.map(({ sentMs, doneMs }) => doneMs - sentMs).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const stalls = traces.reduce((sum, trace) => sum + stallsOf(trace, stallMs), 0);
  return {
    messages: all.length,
    unanswered: all.filter(({ answered }) => !answered).length,
    stalls,
    stallsPer1000: all.length === 0 ? 0 : (1000 * stalls) / all.length,
    p50Ms: at(0.5) ?? 0,
    p90Ms: at(0.9) ?? 0,
    p99Ms: at(0.99) ?? 0,
    maxMs: times.at(-1) ?? 0,
  };
}

/** One per loss: messages that were sent while an earlier one was held up are late because of that one. */
function stallsOf(trace: ConnectionTrace, stallMs: number): number {
  let count = 0;
  let heldUntilMs = Number.NEGATIVE_INFINITY;
  for (const { sentMs, doneMs } of trace) {
    if (doneMs - sentMs < stallMs) continue;
    if (sentMs >= heldUntilMs) {
      count += 1;
      heldUntilMs = doneMs;
    }
  }
  return count;
}

export function compare(without: RoundTrips, modelled: RoundTrips, real: RoundTrips): Agreement {
  const own = (trips: RoundTrips) => Math.max(0, trips.stallsPer1000 - without.stallsPer1000);
  const stallsRatio = ratio(own(modelled), own(real));
  const p99Ratio = ratio(modelled.p99Ms, real.p99Ms);
  return { outcome: outcomeOf(), stallsRatio, p99Ratio };

  function outcomeOf(): Agreement["outcome"] {
    const fewer = Math.min(modelled.stallsPer1000, real.stallsPer1000);
    if (modelled.stalls < leastStalls && real.stalls < leastStalls) return "too-few";
    if (without.stallsPer1000 > fewer * mostNoise) return "too-noisy";
    const within = [stallsRatio, p99Ratio].every(
      (each) => each !== null && each <= toleranceFactor && each >= 1 / toleranceFactor,
    );
    return within ? "agrees" : "differs";
  }
}

function ratio(modelled: number, real: number): number | null {
  return real === 0 ? null : modelled / real;
}
