import type { TimelineEvent } from "../recording/timeline/events.ts";

/** Where collectors put what they measured; the recording's writer is one. */
export interface MetricsSink {
  event(event: TimelineEvent): void;
  /** `t` in seconds since the run's start; `series` as `node.etcd/1.walBytes`. */
  sample(t: number, series: string, value: number): void;
  /** `second` is a run second, `hdrBase64` a compressed HdrHistogram (V2) in microseconds. Adds up. */
  histogram(series: string, second: number, hdrBase64: string): void;
}
