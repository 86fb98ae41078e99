/**
 * What the live checker finds, to the timeline: counts once a second, the first violation of each kind as an
 * event, and a line for a person. It reads what `checker/1` printed; a checker that has died is a gap.
 */
import type { LiveCounts } from "../../checkers/live/live-check.ts";
import { type LiveLine, parseLiveLine } from "../../checkers/live/live-report.ts";
import type { Collector, Reading } from "../../metrics/collect/collector.ts";
import { FileTail } from "../../recording/files/file-tail.ts";

/** The checker may be late, as everything at a low priority. */
const quietMaxS = 3;

type ViolationLine = Extract<LiveLine, { readonly violation: unknown }>;

export interface LiveChecksView {
  /** Undefined: what the checker would say of the lane is not known. */
  counts(lane: string, counts: LiveCounts | undefined): void;
  line(text: string): void;
}

export interface LiveChecksOptions {
  /** Of `checker/1`. */
  readonly logPath: string;
  /** Those that are checked, each with what its recorded series begin with. */
  readonly lanes: Readonly<Record<string, { readonly series: string }>>;
  readonly view: LiveChecksView;
}

export class LiveChecks implements Collector {
  readonly name = "live checks";
  readonly #options: LiveChecksOptions;
  readonly #log: FileTail;
  readonly #doubts = new Map<string, string | undefined>();
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(options: LiveChecksOptions) {
    this.#options = options;
    this.#log = new FileTail(options.logPath);
  }

  async read(reading: Reading): Promise<void> {
    const newest = new Map<string, LiveCounts>();
    for (let lines = this.#log.next(); lines; lines = this.#log.next()) {
      for (const text of lines) {
        const line = parseLiveLine(text);
        if (line === undefined) continue;
        if ("counts" in line) newest.set(line.lane, line.counts);
        else this.#tellViolation(line, reading);
      }
    }
    if (newest.size > 0) this.#heardAt = reading.t;
    for (const [lane, counts] of newest) this.#record(lane, counts, reading);
    if (newest.size > 0 || reading.t - this.#heardAt <= quietMaxS) return;
    for (const lane of Object.keys(this.#options.lanes)) this.#options.view.counts(lane, undefined);
    throw new Error("the live checker says nothing");
  }

  #record(lane: string, counts: LiveCounts, { t, sink }: Reading): void {
    const { lanes, view } = this.#options;
    const series = lanes[lane]?.series ?? `check.${lane}`;
    const { figures, doubt } = counts;
    for (const [name, value] of Object.entries(figures)) {
      if (value !== null) sink.sample(t, `${series}.${name}`, value);
    }
    if (doubt !== this.#doubts.get(lane)) {
      const text = doubt === undefined ? "known again" : `not known: ${doubt}`;
      sink.event({ t, kind: "note", text: `live checks: what is lost is ${text}` });
    }
    this.#doubts.set(lane, doubt);
    view.counts(lane, counts);
  }

  #tellViolation({ lane, violation }: ViolationLine, { t, sink }: Reading): void {
    const { what, guarantee, story } = violation;
    sink.event({ t, kind: "violation", lane, what, guarantee, story });
    this.#options.view.line(`violation (${what}) at t=${t.toFixed(1)}s: ${story}`);
  }
}
