/**
 * A recording as the sequence of seconds in which the generator handed it over. Figures need no order,
 * since late answers add to the second they were intended in; but what was known when is what an alert
 * of that moment rests on.
 *
 *   timeline.ndjson: counts, open ...  generator.* samples (t = the frame's second) end a frame
 *   latency.hlog:    histograms ...    "#[Frame: 12]" ends a frame
 */
import type { ActionCounts } from "../metrics/action-counts.ts";
import type { HistogramBuckets } from "../metrics/histogram/histogram-encoding.ts";
import type { TimelineEvent } from "./timeline/events.ts";
import { NumberColumn } from "./timeline/number-column.ts";
import { openActions } from "./timeline/open-actions.ts";

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

/** Rows that came in one after the other. */
interface Rows {
  readonly from: number;
  readonly to: number;
}

interface Frame {
  readonly second: number;
  counts?: Rows;
  open?: Rows;
  histograms?: Rows;
}

const columnsOf = {
  counts: ["action", "second", "intended", "sent", "ok", "fail", "unknown", "dropped"],
  open: ["action", "second", "count"],
} as const;

export class FrameReplay {
  readonly #frames = new Map<number, Frame>();
  readonly #counts = new Table(columnsOf.counts);
  readonly #open = new Table(columnsOf.open);
  readonly #actions: string[] = [];
  #timelineEnd = -1;
  #latencyEnd = -1;
  /** Up to where the rows have their frames. */
  #framed = { counts: 0, open: 0, histograms: 0 };

  /** In file order. */
  addEvent(event: TimelineEvent): void {
    if (event.kind === "counts") {
      const { t, kind: _, action, ...counts } = event;
      this.#counts.push({ ...counts, action: this.#numberOf(action), second: t });
    } else if (event.kind === "sample") {
      if (event.series.startsWith("generator.")) {
        if (event.t > this.#timelineEnd) this.#endTimelineFrame(event.t);
        return;
      }
      const open = openActions(event.series);
      if (open === undefined) return;
      const action = this.#numberOf(open.action);
      this.#open.push({ action, second: open.second, count: event.value });
    }
  }

  /** @param histograms How many were read so far. */
  endLatencyFrame(second: number, histograms: number): void {
    if (second <= this.#latencyEnd) return;
    this.#latencyEnd = second;
    this.#frame(second).histograms = { from: this.#framed.histograms, to: histograms };
    this.#framed.histograms = histograms;
  }

  /** How many frames both files have seen the end of. */
  get length(): number {
    return [...this.#frames.keys()].filter((second) => second <= this.#end).length;
  }

  /**
   * These frames, in order, one at a time.
   * @param histogram The one that was read as that one, from 0 on; undefined to leave it out.
   */
  *frames(
    histogram: (index: number) => RecordedHistogram | undefined,
  ): Generator<RecordedFrame, void, undefined> {
    const seconds = [...this.#frames.keys()].sort((left, right) => left - right);
    for (const second of seconds) {
      if (second > this.#end) return;
      const { counts, open, histograms } = this.#frame(second);
      yield {
        second,
        counts: rows(counts, (row) => this.#named(this.#counts.row(row))),
        open: rows(open, (row) => this.#named(this.#open.row(row))),
        histograms: rows(histograms, (row) => histogram(row) ?? []).flat(),
      };
    }
  }

  get #end(): number {
    return Math.min(this.#timelineEnd, this.#latencyEnd);
  }

  #endTimelineFrame(second: number): void {
    this.#timelineEnd = second;
    const frame = this.#frame(second);
    frame.counts = { from: this.#framed.counts, to: this.#counts.length };
    frame.open = { from: this.#framed.open, to: this.#open.length };
    this.#framed.counts = this.#counts.length;
    this.#framed.open = this.#open.length;
  }

  #frame(second: number): Frame {
    const found = this.#frames.get(second);
    if (found !== undefined) return found;
    const frame = { second };
    this.#frames.set(second, frame);
    return frame;
  }

  #numberOf(action: string): number {
    const found = this.#actions.indexOf(action);
    return found === -1 ? this.#actions.push(action) - 1 : found;
  }

  #named<T extends { readonly action: number }>(row: T): Omit<T, "action"> & { action: string } {
    return { ...row, action: this.#actions[row.action] ?? "" };
  }
}

function rows<T>(of: Rows | undefined, row: (index: number) => T): T[] {
  if (of === undefined) return [];
  return Array.from({ length: of.to - of.from }, (_, index) => row(of.from + index));
}

/** Rows of numbers, by column. */
class Table<Name extends string> {
  readonly #columns: readonly (readonly [Name, NumberColumn])[];
  #length = 0;

  constructor(names: readonly Name[]) {
    this.#columns = names.map((name) => [name, new NumberColumn()] as const);
  }

  get length(): number {
    return this.#length;
  }

  push(row: Readonly<Record<Name, number>>): void {
    for (const [name, column] of this.#columns) column.push(row[name]);
    this.#length += 1;
  }

  row(index: number): Record<Name, number> {
    const row = Object.fromEntries(this.#columns.map(([name, column]) => [name, column.at(index)]));
    return row as Record<Name, number>;
  }
}
