/**
 * The timeline of a recording in memory: events in order, samples by series, counts by action and
 * second. Built line by line, so that a live view can be fed the same way.
 */
import { type ActionCounts, addCounts, noActions } from "../metrics/action-counts.ts";
import { contains, type SecondWindow } from "../metrics/seconds.ts";
import type { TimelineEvent } from "./events.ts";

/** A reading of a series, `t` in seconds since the run's start. */
export interface Sample {
  readonly t: number;
  readonly value: number;
}

type SampleEvent = Extract<TimelineEvent, { kind: "sample" }>;
type CountsEvent = Extract<TimelineEvent, { kind: "counts" }>;
export type OrderedEvent = Exclude<TimelineEvent, SampleEvent | CountsEvent>;

export class Timeline {
  readonly #events: OrderedEvent[] = [];
  readonly #samples = new Map<string, Sample[]>();
  readonly #counts = new Map<string, Map<number, ActionCounts>>();

  add(event: TimelineEvent): void {
    if (event.kind === "sample") this.#addSample(event);
    else if (event.kind === "counts") this.#addCounts(event);
    else this.#events.push(event);
  }

  /** Everything but samples and counts, in the order in which it was written. */
  get events(): readonly OrderedEvent[] {
    return this.#events;
  }

  get series(): readonly string[] {
    return [...this.#samples.keys()];
  }

  /** In the order in which they were taken; empty for a series that does not exist. */
  samples(series: string): readonly Sample[] {
    return this.#samples.get(series) ?? [];
  }

  /** Sum of the counts of an action, such as `sessions.dig`, over a window. */
  counts(action: string, window: SecondWindow): ActionCounts {
    let sum = noActions;
    for (const [second, counts] of this.#counts.get(action) ?? []) {
      if (contains(window, second)) sum = addCounts(sum, counts);
    }
    return sum;
  }

  #addSample(event: SampleEvent): void {
    const samples = this.#samples.get(event.series);
    const sample = { t: event.t, value: event.value };
    if (samples === undefined) this.#samples.set(event.series, [sample]);
    else samples.push(sample);
  }

  #addCounts(event: CountsEvent): void {
    const seconds = this.#counts.get(event.action) ?? new Map<number, ActionCounts>();
    this.#counts.set(event.action, seconds);
    seconds.set(event.t, addCounts(seconds.get(event.t) ?? noActions, event));
  }
}
