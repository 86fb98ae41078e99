import type { Percentile } from "./latency-histogram.ts";

/** Share of samples at or below each percentile; max is the last sample. */
export const percentileShares: Readonly<Record<Percentile, number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
  max: 1,
};
