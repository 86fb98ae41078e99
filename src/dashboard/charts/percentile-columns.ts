/**
 * Percentiles per second of one histogram series. Several services, and late answers, add to a second
 * that was there before; so its buckets are kept until no action of it can be open any more.
 */
import type { HistogramBuckets } from "../../metrics/histogram/histogram-encoding.ts";
import type { Percentile } from "../../metrics/histogram/latency-histogram.ts";
import { percentileShares } from "../../metrics/histogram/percentile-shares.ts";
import { SecondColumn } from "./second-column.ts";

/** An action's timeout is at most the largest value that a histogram holds: 120 s. */
const keptS = 130;
/** From the lowest to the highest. */
const shown = ["p50", "p99", "p999", "max"] as const satisfies readonly Percentile[];

export class PercentileColumns {
  readonly #columns = new Map<Percentile, SecondColumn>(
    shown.map((name) => [name, new SecondColumn()]),
  );
  /** All of a second so far, in the order of their values. */
  readonly #recent = new Map<number, HistogramBuckets>();
  #newest = 0;

  add(second: number, buckets: HistogramBuckets): void {
    this.#newest = Math.max(this.#newest, second);
    if (second <= this.#newest - keptS) return;
    const before = this.#recent.get(second);
    const all = before === undefined ? buckets : merged(before, buckets);
    this.#recent.set(second, all);
    this.#recent.delete(this.#newest - keptS);
    const { valuesUs, counts } = all;
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return;
    let index = 0;
    let seen = counts[0] ?? 0;
    for (const [name, column] of this.#columns) {
      // A product such as 100 * 0.99 is a little over 99 in binary.
      const rank = total * percentileShares[name] - 1e-6;
      while (seen < rank && index < counts.length - 1) {
        index += 1;
        seen += counts[index] ?? 0;
      }
      column.set(second, (valuesUs[index] ?? 0) / 1000);
    }
  }

  column(percentile: Percentile): SecondColumn | undefined {
    return this.#columns.get(percentile);
  }
}

/** Of two in the order of their values; a value that both have is there once. */
function merged(left: HistogramBuckets, right: HistogramBuckets): HistogramBuckets {
  const valuesUs = new Float64Array(left.valuesUs.length + right.valuesUs.length);
  const counts = new Float64Array(valuesUs.length);
  let length = 0;
  for (let l = 0, r = 0; l < left.valuesUs.length || r < right.valuesUs.length; length += 1) {
    const ofLeft = left.valuesUs[l] ?? Number.POSITIVE_INFINITY;
    const ofRight = right.valuesUs[r] ?? Number.POSITIVE_INFINITY;
    valuesUs[length] = Math.min(ofLeft, ofRight);
    counts[length] =
      (ofLeft <= ofRight ? (left.counts[l] ?? 0) : 0) +
      (ofRight <= ofLeft ? (right.counts[r] ?? 0) : 0);
    if (ofLeft <= ofRight) l += 1;
    if (ofRight <= ofLeft) r += 1;
  }
  return { valuesUs: valuesUs.slice(0, length), counts: counts.slice(0, length) };
}
