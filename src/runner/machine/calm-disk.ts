/**
 * Before the load, a wait for a disk that stands still: what the backend's start, a build before it or a neighbour
 * on the same host left behind passes within seconds, and a run that starts into it tells nothing. Bounded, told
 * in words, and no condition of the run: a disk that does not come to rest is played on, and judged as ever.
 */
import type { DiskAnswer } from "../../metrics/collect/collect-disk.ts";

export interface CalmDiskOptions {
  /** Asks the probe, which tells what ended since the last question. */
  readonly ask: () => Promise<DiskAnswer>;
  /** A run before this one was spoiled by the disk, so a calm second proves little. */
  readonly afterSpoiledRun: boolean;
  readonly monotonicMs: () => number;
  /** Waits; ends early when the run is stopped. */
  readonly pause: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** So long without a stall, s; and the most that is waited for it. */
const patience = {
  atFirst: { calmS: 5, atMostS: 30 },
  afterSpoiledRun: { calmS: 10, atMostS: 180 },
} as const;
const everyMs = 500;
/** The probe is started a moment before it is asked. */
const answerWithinMs = 5_000;

/** Ends at once when the probe has seen nothing, unless a run was spoiled before. */
export async function awaitCalmDisk(options: CalmDiskOptions): Promise<void> {
  const { ask, afterSpoiledRun, monotonicMs, pause, signal, tell } = options;
  const { calmS, atMostS } = afterSpoiledRun ? patience.afterSpoiledRun : patience.atFirst;
  const bounds = `waiting for ${calmS} calm seconds, at most ${atMostS} s`;
  const begunMs = monotonicMs();
  let waiting = afterSpoiledRun;
  if (waiting) tell(`disk stood still in the run before: ${bounds}`);
  let answeredMs: number | undefined;
  let calmSinceMs = begunMs;
  for (; !signal.aborted; await pause(everyMs)) {
    const answer = await ask().catch((error: unknown) => String(error));
    const nowMs = monotonicMs();
    if (typeof answer === "string") {
      if (nowMs - (answeredMs ?? begunMs) < answerWithinMs) continue;
      return tell(`whether the disk is calm is not known: the probe does not answer: ${answer}`);
    }
    const first = answeredMs === undefined;
    answeredMs = nowMs;
    const stall = stallIn(answer, first);
    if (stall !== undefined) calmSinceMs = nowMs;
    if (stall !== undefined && !waiting) {
      tell(`disk ${stall}: ${bounds}`);
      waiting = true;
    }
    if (!waiting && answer.syncs > 0) return;
    const waitedS = (nowMs - begunMs) / 1000;
    if (nowMs - calmSinceMs >= 1000 * calmS) {
      return tell(`disk calm for ${calmS} s, after ${waitedS.toFixed(0)} s of waiting`);
    }
    if (waitedS >= atMostS) {
      return tell(`disk not calm for ${calmS} s within ${atMostS} s: playing all the same`);
    }
  }
}

/** In words, or undefined. */
function stallIn({ syncs, stalls }: DiskAnswer, first: boolean): string | undefined {
  if (stalls.length > 0) {
    return `stood still for ${Math.round(Math.max(...stalls.map(({ forMs }) => forMs)))} ms`;
  }
  // One every 50 ms: when none has ended since the last question, one is under way. At first it may not have begun.
  return syncs === 0 && !first ? "stands still" : undefined;
}
