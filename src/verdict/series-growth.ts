/** What counters and gauges of a recording say about a window. */
import type { SecondRange, SecondWindow } from "../metrics/seconds.ts";
import type { Sample, Samples } from "../recording/timeline/samples.ts";
import type { Timeline } from "../recording/timeline/timeline.ts";

/** Series names that match; one `*` stands for anything without a dot. */
export function matchingSeries(timeline: Timeline, pattern: string): string[] {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return timeline.series.includes(pattern) ? [pattern] : [];
  return timeline.series.filter(
    (series) =>
      series.length >= before.length + after.length &&
      series.startsWith(before) &&
      series.endsWith(after) &&
      !series.slice(before.length, series.length - after.length).includes("."),
  );
}

/**
 * How much a counter grew, from the last reading before each range to the last one within it.
 * @returns null without two readings.
 */
export function growth(samples: Samples, window: SecondWindow): number | null {
  const parts = window.map((range) => growthInRange(samples, range));
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((sum, part) => sum + part, 0);
}

function growthInRange(samples: Samples, range: SecondRange): number | null {
  let previous: number | undefined;
  let sum: number | null = null;
  for (const { t, value } of samples.since(range.startS)) {
    if (t > range.endS) break;
    if (t > range.startS && previous !== undefined) sum = (sum ?? 0) + step(previous, value);
    previous = value;
  }
  return sum;
}

/** What a counter has reached over the life of its node, restarts included; null without a reading. */
export function total(samples: Iterable<Sample>): number | null {
  let previous = 0;
  let sum: number | null = null;
  for (const { value } of samples) {
    sum = (sum ?? 0) + step(previous, value);
    previous = value;
  }
  return sum;
}

/**
 * A counter that fell to less than half began again from 0. A smaller fall is two sources that
 * round differently (/proc in ticks, the kernel's final account in microseconds), and no growth.
 */
function step(from: number, to: number): number {
  if (to < from / 2) return to;
  return Math.max(0, to - from);
}

/** The largest reading within the window, or of all readings without one; null if there is none. */
export function largest(samples: Iterable<Sample>, window?: SecondWindow): number | null {
  let found: number | null = null;
  for (const { t, value } of samples) {
    const counted =
      window === undefined || window.some((range) => t >= range.startS && t < range.endS);
    if (counted && (found === null || value > found)) found = value;
  }
  return found;
}
