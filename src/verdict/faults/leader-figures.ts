/**
 * Figures of whichever node leads a cluster. The `leader` events of the timeline cut the window into
 * pieces, and each piece is read from the node that led in it. A time before the first event has no
 * leader and is left out; between the death of a leader and the next one's event the dead one stands,
 * and has no readings.
 */
import type { LatencyFigures, Percentile } from "../../metrics/histogram/latency-histogram.ts";
import { percentileShares } from "../../metrics/histogram/percentile-shares.ts";
import type { SecondRange, SecondWindow } from "../../metrics/seconds.ts";
import type { Timeline } from "../../recording/timeline/timeline.ts";
import { growth } from "../series-growth.ts";

interface Reign extends SecondRange {
  readonly node: string;
}

/** Per second; over the pieces in which there are readings. Null without any. */
export function leaderRate(
  timeline: Timeline,
  { cluster, counter }: { readonly cluster: string; readonly counter: string },
  window: SecondWindow,
): number | null {
  let sum = 0;
  let seconds = 0;
  for (const reign of reigns(timeline, cluster, window)) {
    const grown = growth(timeline.samples(`node.${reign.node}.${counter}`), [reign]);
    if (grown === null) continue;
    sum += grown;
    seconds += reign.endS - reign.startS;
  }
  return seconds === 0 ? null : sum / seconds;
}

/** Nearest rank over all readings in the window; null without any. */
export function leaderGauge(
  timeline: Timeline,
  { cluster, gauge }: { readonly cluster: string; readonly gauge: string },
  window: SecondWindow,
): LatencyFigures | null {
  const values = reigns(timeline, cluster, window)
    .flatMap(({ node, startS, endS }) =>
      timeline
        .samples(`node.${node}.${gauge}`)
        .within({ startS, endS })
        .map(({ value }) => value),
    )
    .sort((left, right) => left - right);
  if (values.length === 0) return null;
  const at = (percentile: Percentile) =>
    values[Math.max(0, Math.ceil(percentileShares[percentile] * values.length) - 1)] ?? null;
  return {
    p50: at("p50"),
    p90: at("p90"),
    p95: at("p95"),
    p99: at("p99"),
    p999: at("p999"),
    max: at("max"),
    count: values.length,
  };
}

function reigns(timeline: Timeline, cluster: string, window: SecondWindow): Reign[] {
  const changes = timeline.events.flatMap((event) =>
    event.kind === "leader" && event.cluster === cluster ? [event] : [],
  );
  return changes.flatMap(({ node, t }, index) => {
    const until = changes[index + 1]?.t ?? Number.POSITIVE_INFINITY;
    return window.flatMap((range) => {
      const startS = Math.max(t, range.startS);
      const endS = Math.min(until, range.endS);
      return startS < endS ? [{ node, startS, endS }] : [];
    });
  });
}
