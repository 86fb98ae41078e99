import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { decodeBuckets } from "../../metrics/histogram/histogram-encoding.ts";
import { LatencyHistogram, type Percentile } from "../../metrics/histogram/latency-histogram.ts";
import { PercentileColumns } from "./percentile-columns.ts";

function buckets(valuesUs: readonly number[]) {
  const histogram = build({
    numberOfSignificantValueDigits: 3,
    highestTrackableValue: 120_000_000,
  });
  for (const value of valuesUs) histogram.recordValue(value);
  return decodeBuckets(encodeIntoCompressedBase64(histogram));
}

/** Repeatable, spread over five powers of ten. */
function values(count: number, salt: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const share = ((index + 1) * 7919 * salt) % 10_007;
    return Math.round(10 ** (1 + (5 * share) / 10_007));
  });
}

test("gives the percentiles of all that was added to a second, whoever added it and when", () => {
  const columns = new PercentileColumns();
  const whole = new LatencyHistogram();
  for (const part of [values(900, 1), values(40, 3), values(900, 1), values(7, 11)]) {
    columns.add(12, buckets(part));
    columns.add(13, buckets([4000]));
    whole.add(buckets(part));
  }
  for (const name of ["p50", "p99", "p999", "max"] satisfies Percentile[]) {
    const exact = whole.percentile(name) ?? 0;
    // The one tells a bucket's lower end, the other its upper one.
    expect(columns.column(name)?.at(12)).toBeGreaterThan(exact * 0.998);
    expect(columns.column(name)?.at(12)).toBeLessThanOrEqual(exact);
    expect(columns.column(name)?.at(13)).toBe(4);
  }
});

test("keeps a second open for as long as an action can take, and not longer", () => {
  const columns = new PercentileColumns();
  columns.add(10, buckets([1000]));
  columns.add(139, buckets([1000]));
  columns.add(10, buckets([2000, 2000, 2000]));
  expect(columns.column("p50")?.at(10)).toBe(2);
  columns.add(140, buckets([1000]));
  columns.add(10, buckets([8000, 8000, 8000, 8000, 8000]));
  expect(columns.column("p50")?.at(10)).toBe(2);
});

test("leaves a gap for a second in which nothing was recorded", () => {
  const columns = new PercentileColumns();
  columns.add(3, buckets([]));
  expect(columns.column("p99")?.at(3)).toBeNull();
});
