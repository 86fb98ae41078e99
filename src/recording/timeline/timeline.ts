/**
 * The timeline of a recording in memory: events in order, samples by series, counts by action and second. Built
 * line by line. Samples and counts are kept in columns of numbers, so that a day fits.
 */
import { type ActionCounts, noActions } from "../../metrics/action-counts.ts";
import type { SecondWindow } from "../../metrics/seconds.ts";
import { CountsBySecond } from "./counts-by-second.ts";
import type { TimelineEvent } from "./events.ts";
import { ChunkPool } from "./number-column.ts";
import { openActions } from "./open-actions.ts";
import { Samples } from "./samples.ts";

type SampleEvent = Extract<TimelineEvent, { kind: "sample" }>;
type CountsEvent = Extract<TimelineEvent, { kind: "counts" }>;
export type OrderedEvent = Exclude<TimelineEvent, SampleEvent | CountsEvent>;

export class Timeline {
  readonly #events: OrderedEvent[] = [];
  readonly #samples = new Map<string, Samples>();
  readonly #times = new ChunkPool();
  readonly #counts = new Map<string, CountsBySecond>();

  add(event: TimelineEvent): void {
    if (event.kind === "sample") this.#addSample(event);
    else if (event.kind === "counts") this.#addCounts(event);
    else this.#events.push(event);
  }

  /** Everything but samples and counts, in the order in which it was written. */
  get events(): readonly OrderedEvent[] {
    return this.#events;
  }

  /** Without `<action>.open@<second>`: one of each second is no series, and belongs to its frame. */
  get series(): readonly string[] {
    return [...this.#samples.keys()];
  }

  /** Empty for a series that does not exist. */
  samples(series: string): Samples {
    return this.#samples.get(series) ?? new Samples();
  }

  /** Sum of the counts of an action, such as `sessions.read`, over a window. */
  counts(action: string, window: SecondWindow): ActionCounts {
    return this.#counts.get(action)?.sum(window) ?? noActions;
  }

  #addSample({ series, t, value }: SampleEvent): void {
    let samples = this.#samples.get(series);
    if (samples === undefined) {
      if (openActions(series) !== undefined) return;
      samples = new Samples(this.#times);
      this.#samples.set(series, samples);
    }
    samples.add(t, value);
  }

  #addCounts(event: CountsEvent): void {
    const seconds = this.#counts.get(event.action) ?? new CountsBySecond();
    this.#counts.set(event.action, seconds);
    seconds.add(event.t, event);
  }
}
