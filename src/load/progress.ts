/**
 * Frames to one plain line every few seconds, for a log without a terminal. A line shows what became
 * known since the line before it (answers, latencies), beside what was planned for that time. It is a
 * view, not a figure: the recording is by the second of the intended start.
 */
import { decodeBuckets } from "../metrics/histogram/histogram-encoding.ts";
import { LatencyHistogram } from "../metrics/histogram/latency-histogram.ts";
import type { SecondFrame } from "./frames/frames.ts";
import type { LoadPlan } from "./plan/load-plan.ts";
import { planned } from "./plan/planned.ts";

interface NamedPhase {
  readonly name: string;
  readonly startS: number;
  readonly endS: number;
}

export interface ProgressOptions {
  readonly plan: LoadPlan;
  readonly phases: readonly NamedPhase[];
  /** The action that the line is about, such as `sessions.read`. */
  readonly action: string;
  /** Seconds of the run per line. */
  readonly everyS: number;
  /** Histograms besides, of which it shows the p99, by a word each. */
  readonly histograms: readonly { readonly label: string; readonly series: string }[];
}

/** What is known of the acknowledged operations; null: it is not known now. */
export interface CheckedSoFar {
  readonly lost: number | null;
  readonly twice: number | null;
}

interface ShownHistogram {
  readonly label: string;
  of: LatencyHistogram;
}

export class Progress {
  readonly #options: ProgressOptions;
  #response = new LatencyHistogram();
  #scheduleLag = new LatencyHistogram();
  /** By series. */
  readonly #besides: ReadonlyMap<string, ShownHistogram>;
  #ok = 0;
  #failed = 0;
  #shownToS = 0;
  #phases: readonly NamedPhase[];
  /** Undefined where nothing is checked while the load goes on. */
  #checked: CheckedSoFar | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#phases = options.phases;
    this.#besides = new Map(
      options.histograms.map(({ label, series }) => [
        series,
        { label, of: new LatencyHistogram() },
      ]),
    );
  }

  /** From the next line on. */
  rephase(phases: readonly NamedPhase[]): void {
    this.#phases = phases;
  }

  /** A histogram of the services, for the next line where it shows that series. */
  addHistogram(series: string, hdr: string): void {
    this.#besides.get(series)?.of.add(decodeBuckets(hdr));
  }

  /** For every line from now on. */
  setChecked(checked: CheckedSoFar): void {
    this.#checked = checked;
  }

  /** Takes a frame in; a line when it completes the next few seconds. */
  addFrame(frame: SecondFrame): string | undefined {
    const { action, everyS } = this.#options;
    for (const counts of frame.counts) {
      if (counts.action !== action) continue;
      this.#ok += counts.ok;
      this.#failed += counts.fail + counts.unknown + counts.dropped;
    }
    for (const { series, hdr } of frame.histograms) {
      if (series === `${action}.response`) this.#response.add(decodeBuckets(hdr));
      if (series === `${action}.scheduleLag`) this.#scheduleLag.add(decodeBuckets(hdr));
    }
    const toS = frame.second + 1;
    if (toS < this.#shownToS + everyS) return undefined;
    const line = this.#line(frame, toS);
    this.#startOver(toS);
    return line;
  }

  #line(frame: SecondFrame, toS: number): string {
    const seconds = toS - this.#shownToS;
    const open = frame.open.reduce((sum, { count }) => sum + count, 0);
    return [
      `t=${toS}s`,
      `phase=${this.#phaseAt(frame.second)}`,
      `players=${frame.generator.players}`,
      `planned=${Math.round(this.#plannedDigs(toS) / seconds)}/s`,
      `ok=${Math.round(this.#ok / seconds)}/s`,
      `p50=${milliseconds(this.#response.percentile("p50"))}`,
      `p99=${milliseconds(this.#response.percentile("p99"))}`,
      `err=${this.#failed}`,
      `open=${open}`,
      ...[...this.#besides.values()].map(
        ({ label, of }) => `${label} p99=${milliseconds(of.percentile("p99"))}`,
      ),
      `lag p99=${milliseconds(this.#scheduleLag.percentile("p99"))}`,
      ...(this.#checked === undefined
        ? []
        : [`lost=${this.#checked.lost ?? "-"}`, `twice=${this.#checked.twice ?? "-"}`]),
    ].join(" ");
  }

  #plannedDigs(toS: number): number {
    let writes = 0;
    for (let second = this.#shownToS; second < toS; second += 1) {
      writes += planned(this.#options.plan, second).digs;
    }
    return writes;
  }

  #phaseAt(second: number): string {
    const phase = this.#phases.find(({ startS, endS }) => second >= startS && second < endS);
    return phase?.name ?? "drain";
  }

  #startOver(toS: number): void {
    this.#response = new LatencyHistogram();
    this.#scheduleLag = new LatencyHistogram();
    for (const shown of this.#besides.values()) shown.of = new LatencyHistogram();
    this.#ok = 0;
    this.#failed = 0;
    this.#shownToS = toS;
  }
}

/** A dash where nothing was measured, which is not the same as 0. */
function milliseconds(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(1)}ms`;
}
