/**
 * Percentiles per second of one histogram series. Several gateways, and late answers, add to a second
 * that was there before; so its buckets are kept until no action of it can be open any more.
 */
import type { HistogramBuckets } from "../metrics/histogram-encoding.ts";
import type { Percentile } from "../metrics/latency-histogram.ts";
import { percentileShares } from "../metrics/latency-histogram.ts";
import { SecondColumn } from "./second-column.ts";

/** An action's timeout is at most the largest value that a histogram holds: 120 s. */
const keptS = 130;
const shown = ["p50", "p99", "p999", "max"] as const satisfies readonly Percentile[];

export class PercentileColumns {
  readonly #columns = new Map<Percentile, SecondColumn>(
    shown.map((name) => [name, new SecondColumn()]),
  );
  readonly #recent = new Map<number, HistogramBuckets[]>();
  #newest = 0;

  add(second: number, buckets: HistogramBuckets): void {
    this.#newest = Math.max(this.#newest, second);
    if (second <= this.#newest - keptS) return;
    const all = this.#recent.get(second) ?? [];
    all.push(buckets);
    this.#recent.set(second, all);
    this.#recent.delete(this.#newest - keptS);
    const { values, counts, total } = merged(all);
    if (total === 0) return;
    for (const [name, column] of this.#columns) {
      column.set(second, valueAt({ values, counts, rank: total * percentileShares[name] }) / 1000);
    }
  }

  column(percentile: Percentile): SecondColumn | undefined {
    return this.#columns.get(percentile);
  }
}

function merged(all: readonly HistogramBuckets[]) {
  const byValue = new Map<number, number>();
  let total = 0;
  for (const { valuesUs, counts } of all) {
    for (const [index, value] of valuesUs.entries()) {
      const count = counts[index] ?? 0;
      byValue.set(value, (byValue.get(value) ?? 0) + count);
      total += count;
    }
  }
  const values = [...byValue.keys()].toSorted((left, right) => left - right);
  return { values, counts: values.map((value) => byValue.get(value) ?? 0), total };
}

interface Ranked {
  readonly values: readonly number[];
  readonly counts: readonly number[];
  readonly rank: number;
}

function valueAt({ values, counts, rank }: Ranked): number {
  let seen = 0;
  for (const [index, value] of values.entries()) {
    seen += counts[index] ?? 0;
    // A product such as 100 * 0.99 is a little over 99 in binary.
    if (seen >= rank - 1e-6) return value;
  }
  return values.at(-1) ?? 0;
}
