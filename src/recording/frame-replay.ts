/**
 * A recording as the sequence of seconds in which the generator handed it over. Figures need no order,
 * since late answers add to the second they were intended in; but what was known when is what an alert
 * of that moment rests on.
 *
 *   timeline.ndjson: counts, open ...  generator.* samples (t = the frame's second) end a frame
 *   latency.hlog:    histograms ...    "#[Frame: 12]" ends a frame
 */
import type { ActionCounts } from "../metrics/action-counts.ts";
import type { HistogramBuckets } from "../metrics/histogram-encoding.ts";
import type { TimelineEvent } from "./events.ts";

export interface RecordedHistogram {
  readonly series: string;
  readonly second: number;
  readonly buckets: HistogramBuckets;
}

/** What became known with the generator's second `second`. */
export interface RecordedFrame {
  readonly second: number;
  readonly counts: readonly (ActionCounts & { readonly action: string; readonly second: number })[];
  readonly histograms: readonly RecordedHistogram[];
  /** Actions of `second` that had no answer yet. */
  readonly open: readonly {
    readonly action: string;
    readonly second: number;
    readonly count: number;
  }[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

const openSeries = /^(.+)\.open@(\d+)$/;

export class FrameReplay {
  readonly #frames = new Map<number, Mutable<RecordedFrame>>();
  #counts: RecordedFrame["counts"][number][] = [];
  #open: RecordedFrame["open"][number][] = [];
  #histograms: RecordedHistogram[] = [];
  #timelineEnd = -1;
  #latencyEnd = -1;

  /** In file order. */
  addEvent(event: TimelineEvent): void {
    if (event.kind === "counts") {
      const { t, kind: _, ...counts } = event;
      this.#counts.push({ ...counts, second: t });
    } else if (event.kind === "sample") {
      const [, action, second] = openSeries.exec(event.series) ?? [];
      if (action !== undefined) {
        this.#open.push({ action, second: Number(second), count: event.value });
      } else if (event.series.startsWith("generator.") && event.t > this.#timelineEnd) {
        this.#endTimelineFrame(event.t);
      }
    }
  }

  /** In file order. */
  addHistogram(histogram: RecordedHistogram): void {
    this.#histograms.push(histogram);
  }

  endLatencyFrame(second: number): void {
    if (second <= this.#latencyEnd) return;
    this.#latencyEnd = second;
    this.#frame(second).histograms.push(...this.#histograms);
    this.#histograms = [];
  }

  /** Frames that both files have seen the end of, in order. */
  frames(): readonly RecordedFrame[] {
    const end = Math.min(this.#timelineEnd, this.#latencyEnd);
    return [...this.#frames.values()]
      .filter((frame) => frame.second <= end)
      .toSorted((left, right) => left.second - right.second);
  }

  #endTimelineFrame(second: number): void {
    this.#timelineEnd = second;
    const frame = this.#frame(second);
    frame.counts.push(...this.#counts);
    frame.open.push(...this.#open);
    this.#counts = [];
    this.#open = [];
  }

  #frame(second: number): Mutable<RecordedFrame> {
    const found = this.#frames.get(second);
    if (found !== undefined) return found;
    const frame = { second, counts: [], histograms: [], open: [] };
    this.#frames.set(second, frame);
    return frame;
  }
}
