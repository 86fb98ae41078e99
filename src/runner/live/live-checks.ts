/**
 * What the live checker finds, to the timeline: counts once a second, the first violation of each kind as an
 * event, and a line for a person. It reads what `checker/1` printed; a checker that has died is a gap.
 */
import {
  type LiveCounts,
  type LiveViolation,
  liveKinds,
  parseLiveLine,
} from "../../checkers/live/live-report.ts";
import type { Collector, Reading } from "../../metrics/collect/collector.ts";
import { FileTail } from "../../recording/files/file-tail.ts";

/** The checker may be late, as everything at a low priority. */
const quietMaxS = 3;

export interface LiveChecksView {
  /** Undefined: what the checker would say is not known. */
  counts(counts: LiveCounts | undefined): void;
  line(text: string): void;
}

export class LiveChecks implements Collector {
  readonly name = "live checks";
  readonly #log: FileTail;
  readonly #view: LiveChecksView;
  #heardAt = Number.NEGATIVE_INFINITY;
  #doubt: string | undefined;

  /** @param logPath of `checker/1`. */
  constructor(logPath: string, view: LiveChecksView) {
    this.#log = new FileTail(logPath);
    this.#view = view;
  }

  async read(reading: Reading): Promise<void> {
    let newest: LiveCounts | undefined;
    for (let lines = this.#log.next(); lines; lines = this.#log.next()) {
      for (const text of lines) {
        const line = parseLiveLine(text);
        if (line === undefined) continue;
        if ("counts" in line) newest = line.counts;
        else this.#tellViolation(line.violation, reading);
      }
    }
    if (newest !== undefined) this.#record(newest, reading);
    else if (reading.t - this.#heardAt > quietMaxS) {
      this.#view.counts(undefined);
      throw new Error("the live checker says nothing");
    }
  }

  #record(counts: LiveCounts, { t, sink }: Reading): void {
    this.#heardAt = t;
    const { doubt, ...figures } = counts;
    for (const [name, value] of Object.entries(figures)) {
      if (value !== null) sink.sample(t, `check.${name}`, value);
    }
    if (doubt !== this.#doubt) {
      const text = doubt === undefined ? "known again" : `not known: ${doubt}`;
      sink.event({ t, kind: "note", text: `live checks: what is lost is ${text}` });
    }
    this.#doubt = doubt;
    this.#view.counts(counts);
  }

  #tellViolation({ what, story }: LiveViolation, { t, sink }: Reading): void {
    sink.event({ t, kind: "violation", lane: "sessions", what, guarantee: liveKinds[what], story });
    this.#view.line(`violation (${what}) at t=${t.toFixed(1)}s: ${story}`);
  }
}
