/**
 * Percentiles over any set of seconds and generators. A decoded histogram is kept as its non-zero
 * buckets only: a second of one series has a few hundred of 18,000, so a merge costs microseconds.
 * Merges are exact: a value is put back into the bucket it came from.
 */
import { build, type Histogram } from "hdr-histogram-js";
import type { HistogramBuckets } from "./histogram-encoding.ts";
import { percentileShares } from "./percentile-shares.ts";

/** Milliseconds; null where the histogram is empty. */
export interface LatencyFigures {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
  readonly count: number;
}

export type Percentile = Exclude<keyof LatencyFigures, "count">;

/** As the swarm and the services record: microseconds, 1 us to 120 s, 3 digits. */
const layout = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 120_000_000,
  numberOfSignificantValueDigits: 3,
  bitBucketSize: 64,
  autoResize: true,
} as const;

/** A merge of histograms; empty until something is added. */
export class LatencyHistogram {
  readonly #histogram: Histogram = build(layout);

  add(buckets: HistogramBuckets): void {
    for (const [index, valueUs] of buckets.valuesUs.entries()) {
      this.#histogram.recordValueWithCount(valueUs, buckets.counts[index] ?? 0);
    }
  }

  clear(): void {
    this.#histogram.reset();
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Milliseconds, or null when empty. */
  percentile(percentile: Percentile): number | null {
    if (this.count === 0) return null;
    if (percentile === "max") return this.#histogram.maxValue / 1000;
    return this.#histogram.getValueAtPercentile(percentileShares[percentile] * 100) / 1000;
  }

  figures(): LatencyFigures {
    return {
      p50: this.percentile("p50"),
      p90: this.percentile("p90"),
      p95: this.percentile("p95"),
      p99: this.percentile("p99"),
      p999: this.percentile("p999"),
      max: this.percentile("max"),
      count: this.count,
    };
  }
}
