/** What the warm follower did in a run, from its events. */
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { WarmFollowerResult } from "../summary-document.ts";

/** Undefined for a lane without one. */
export function warmFollowerResult(
  { run, timeline }: RecordingReader,
  lane: string,
): WarmFollowerResult | undefined {
  if (run.lanes[lane]?.observers["warmFollower"] !== true) return undefined;
  const snapshots = timeline.events
    .filter((event) => event.kind === "snapshot")
    .filter((event) => event.lane === lane);
  const taken = snapshots.filter((event) => event.state === "taken");
  const comparisons = timeline.events
    .filter((event) => event.kind === "comparison")
    .filter((event) => event.lane === lane);
  const tookMs = taken.map((event) => event.tookMs).sort((left, right) => left - right);
  return {
    snapshots: {
      taken: taken.length,
      failed: snapshots.length - taken.length,
      bytesMax: taken.length === 0 ? null : Math.max(...taken.map((event) => event.bytes ?? 0)),
      tookMs: {
        median: tookMs[Math.floor(tookMs.length / 2)] ?? null,
        max: tookMs.at(-1) ?? null,
      },
    },
    comparisons: comparisons.map(({ kind: _, lane: __, t, ...event }) => ({ atS: t, ...event })),
    cpuSeconds: [...taken, ...comparisons].reduce((sum, each) => sum + (each.cpuSeconds ?? 0), 0),
  };
}
