/**
 * Folds a recording, line by line, into what the dashboard shows. Live and finished runs are fed the same
 * way and in any order of the files, so the same recording gives the same picture.
 *
 *   recording -> RunModel (per second, bounded) -> Snapshot at a second -> panels, plain lines
 *
 * Memory: eight bytes per second and series that a panel names, the last 5,000 events, 4,000 log lines.
 */
import type { HistogramBuckets } from "../../metrics/histogram/histogram-encoding.ts";
import type { PanelDefinition, PanelSource } from "../../metrics/panel.ts";
import { actionsOf } from "../../recording/recorded-actions.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { OrderedEvent } from "../../recording/timeline/timeline.ts";
import { CounterColumns } from "../charts/counter-columns.ts";
import { PercentileColumns } from "../charts/percentile-columns.ts";
import { SecondColumn } from "../charts/second-column.ts";

const eventsMax = 5000;
const logLinesMax = 4000;

export const countFields = ["intended", "sent", "ok", "fail", "unknown", "dropped"] as const;
export type CountField = (typeof countFields)[number];

export interface LogLine {
  /** Run seconds; null for a line that tells no time. */
  readonly t: number | null;
  readonly node: string;
  readonly text: string;
}

/** Of `summary.json`, once it is there. */
export interface RecordedOutcome {
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly guarantees: readonly {
    /** Absent in summaries of version 1: the run had one lane. */
    readonly lane?: string | undefined;
    readonly id: string;
    readonly outcome: string;
    readonly violations: number;
  }[];
}

const coreSources: readonly PanelSource[] = [
  { kind: "rate", series: "node.*.cpuSeconds" },
  { kind: "gauge", series: "node.*.rssBytes" },
  { kind: "rate", series: "generator.cpuSeconds" },
  { kind: "gauge", series: "generator.rssBytes" },
  { kind: "gauge", series: "generator.queue" },
  { kind: "gauge", series: "generator.players" },
  { kind: "gauge", series: "check.*" },
  { kind: "gauge", series: "link.*.delayP50Ms" },
  { kind: "gauge", series: "link.*.delayP99Ms" },
  { kind: "growth", series: "link.*.stalls" },
  { kind: "growth", series: "sockets.*.retransmits" },
];

const openSeries = /^(.+)\.open@(\d+)$/;

export class RunModel {
  run: RunDocument;
  outcome: RecordedOutcome | undefined;
  /** What was odd about the recording, in sentences. */
  problems: readonly string[] = [];
  readonly events: OrderedEvent[] = [];
  readonly log: LogLine[] = [];
  readonly gauges = new Map<string, SecondColumn>();
  readonly counters = new Map<string, CounterColumns>();
  readonly percentiles = new Map<string, PercentileColumns>();
  readonly #counts = new Map<string, ReadonlyMap<CountField, SecondColumn>>();
  /** Actions without an answer as of the newest frame: by action, then by second. */
  #open = new Map<string, Map<number, number>>();
  #nextOpen = new Map<string, Map<number, number>>();
  #frame = -1;
  #last = 0;
  readonly panels: readonly PanelDefinition[];
  readonly #wanted: Readonly<Record<"gauge" | "counter", (series: string) => boolean>>;
  readonly #histograms: ReadonlySet<string>;

  constructor(run: RunDocument, panels: readonly PanelDefinition[]) {
    this.run = run;
    this.panels = panels;
    const sources = [...coreSources, ...panels.flatMap(sourcesOf)];
    this.#wanted = {
      gauge: matcher(sources, ["gauge", "behind"]),
      counter: matcher(sources, ["rate", "growth"]),
    };
    this.#histograms = new Set([
      ...actionsOf(run).flatMap((action) => [`${action}.response`, `${action}.scheduleLag`]),
      ...sources.flatMap((source) => (source.kind === "percentile" ? [source.series] : [])),
    ]);
  }

  /** The newest second anything was recorded in. */
  get lastS(): number {
    return this.#last;
  }

  /** The newest second that the generator handed over; -1 before the load. */
  get frameS(): number {
    return this.#frame;
  }

  /** False for a sample that nothing shows: reading it can be spared. */
  wantsSample(series: string): boolean {
    return (
      series.includes(".open@") ||
      series.startsWith("generator.") ||
      this.#wanted.gauge(series) ||
      this.#wanted.counter(series)
    );
  }

  wantsHistogram(series: string): boolean {
    return this.#histograms.has(series);
  }

  addEvent(event: TimelineEvent): void {
    this.#last = Math.max(this.#last, Math.floor(event.t));
    if (event.kind === "sample") this.#addSample(event.t, event.series, event.value);
    else if (event.kind === "counts") {
      const columns = this.#countColumns(event.action);
      for (const field of countFields) columns.get(field)?.add(event.t, event[field]);
    } else if (event.kind !== "reads") {
      // Those are counts too, for a checker, every second anew.
      this.events.push(event);
      if (this.events.length > eventsMax) this.events.shift();
    }
  }

  addHistogram(series: string, second: number, buckets: HistogramBuckets): void {
    const found = this.percentiles.get(series) ?? new PercentileColumns();
    this.percentiles.set(series, found);
    found.add(second, buckets);
  }

  addLogLine(line: LogLine): void {
    this.log.push(line);
    if (this.log.length > logLinesMax) this.log.shift();
  }

  countsAt(action: string, field: CountField): SecondColumn | undefined {
    return this.#counts.get(action)?.get(field);
  }

  openAt(action: string, second: number): number {
    return this.#open.get(action)?.get(second) ?? 0;
  }

  #countColumns(action: string): ReadonlyMap<CountField, SecondColumn> {
    const found = this.#counts.get(action);
    if (found !== undefined) return found;
    const columns = new Map(countFields.map((field) => [field, new SecondColumn()]));
    this.#counts.set(action, columns);
    return columns;
  }

  #addSample(t: number, series: string, value: number): void {
    const [, action, second] = openSeries.exec(series) ?? [];
    if (action !== undefined) {
      const seconds = this.#nextOpen.get(action) ?? new Map<number, number>();
      this.#nextOpen.set(action, seconds.set(Number(second), value));
      return;
    }
    // A frame ends with the generator's own samples: what it did not name has been answered.
    if (series.startsWith("generator.") && t > this.#frame) {
      this.#frame = t;
      this.#open = this.#nextOpen;
      this.#nextOpen = new Map();
    }
    if (this.#wanted.gauge(series)) {
      const column = this.gauges.get(series) ?? new SecondColumn();
      this.gauges.set(series, column);
      column.set(Math.floor(t), value);
    }
    if (this.#wanted.counter(series)) {
      const columns = this.counters.get(series) ?? new CounterColumns();
      this.counters.set(series, columns);
      columns.add(t, value);
    }
  }
}

/** A regular expression for a series with one `*`. */
export function seriesPattern(series: string): RegExp {
  const [head = "", tail] = series.split("*");
  const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(
    tail === undefined ? `^${escaped(head)}$` : `^${escaped(head)}([^.]+)${escaped(tail)}$`,
  );
}

function sourcesOf({ table, facts, chart, checks }: PanelDefinition): PanelSource[] {
  const figures = [...(table?.columns ?? []), ...(facts ?? []), ...(chart?.lines ?? [])];
  const ofChecks: PanelSource[] =
    checks === undefined ? [] : [{ kind: "gauge", series: `${checks}.*` }];
  return [...figures.map(({ source }) => source), ...ofChecks];
}

/** Remembers its answers: a recording has a hundred series and many samples of each. */
function matcher(sources: readonly PanelSource[], kinds: readonly PanelSource["kind"][]) {
  const patterns = sources
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ series }) => seriesPattern(series));
  const known = new Map<string, boolean>();
  return (series: string): boolean => {
    const before = known.get(series);
    if (before !== undefined) return before;
    const answer = patterns.some((pattern) => pattern.test(series));
    if (!series.includes("@")) known.set(series, answer);
    return answer;
  };
}
