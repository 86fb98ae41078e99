/**
 * The run as of one second: all that panels and plain lines are given. The live view, a paused one and a
 * replay differ in that second only.
 */
import { type ActionCounts, noActions } from "../../metrics/action-counts.ts";
import type { PanelSource } from "../../metrics/panel.ts";
import { actionsOf, wholeActionsOf } from "../../recording/recorded-actions.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { OrderedEvent } from "../../recording/timeline/timeline.ts";
import type { Budget } from "../../verdict/budgets/budget.ts";
import { phaseWindow } from "../../verdict/budgets/measured-window.ts";
import type { SecondColumn } from "../charts/second-column.ts";
import { type FaultLife, faultLives } from "../faults/fault-lives.ts";
import {
  type CountField,
  countFields,
  type LogLine,
  type RecordedOutcome,
  type RunModel,
  seriesPattern,
} from "./run-model.ts";

/** Readings come about once a second: a figure stands for a little longer, then it is gone. */
const valueHoldS = 3;
/** In a line one missing reading is the sampling's jitter; two are a gap. */
const lineHoldS = 1;

export type Values = readonly (number | null)[];

export interface ShadedWindow {
  readonly startS: number;
  readonly endS: number;
}

export interface Snapshot {
  readonly run: RunDocument;
  /** The second that is shown; lines go from `fromS` up to and including it. */
  readonly atS: number;
  readonly fromS: number;
  readonly actions: readonly string[];
  /** Those of all players. */
  readonly wholeActions: readonly string[];
  readonly budgets: readonly Budget[];
  /** Everything on the timeline up to now, oldest first. */
  readonly events: readonly OrderedEvent[];
  readonly log: readonly LogLine[];
  /** Those that were injected by now. */
  readonly faults: readonly FaultLife[];
  /** Faults, and nodes that were away. */
  readonly shaded: readonly ShadedWindow[];
  /** Set once the run is over, as of this second too. */
  readonly outcome: RecordedOutcome | undefined;
  readonly problems: readonly string[];
  /** What `*` stands for in the series of the recording, in the order of their first readings. */
  named(source: PanelSource): readonly string[];
  /** `*` is the node, or every node where none is given. */
  value(source: PanelSource, node?: string): number | null;
  line(source: PanelSource, node?: string): Values;
  /** Since the load began. */
  totals(action: string): ActionCounts;
  countLine(action: string, field: CountField): Values;
  /** By the plan's curve; null where it gives no number. */
  plannedLine(action: string): Values;
  /** Seconds of the window that have actions without an answer. */
  openSeconds(action: string): readonly number[];
}

export interface SnapshotOptions {
  readonly atS: number;
  readonly windowS: number;
  readonly budgets: readonly Budget[];
}

export function snapshotAt(model: RunModel, options: SnapshotOptions): Snapshot {
  const { budgets, windowS } = options;
  const atS = Math.max(0, Math.floor(options.atS));
  const fromS = Math.max(0, atS - windowS + 1);
  const seconds = Array.from({ length: atS - fromS + 1 }, (_, index) => fromS + index);
  const { run } = model;
  const events = model.events.filter(({ t }) => t < atS + 1);
  const faults = faultLives(events, run);
  return {
    run,
    atS,
    fromS,
    actions: actionsOf(run),
    wholeActions: wholeActionsOf(run),
    budgets,
    events,
    log: model.log.filter(({ t }) => t === null || t < atS + 1),
    faults,
    shaded: [...faultWindows(run, faults, atS), ...awayWindows(events, atS)],
    outcome: atS >= Math.min(model.lastS, run.durationS) ? model.outcome : undefined,
    problems: model.problems,
    named: (source) => named(model, source),
    value: (source, node) => valueAt(model, { source, node, second: atS, holdS: valueHoldS }),
    line: (source, node) => {
      const holdS = source.kind === "percentile" ? 0 : lineHoldS;
      return seconds.map((second) => valueAt(model, { source, node, second, holdS }));
    },
    totals: (action) => totals(model, action, atS),
    countLine: (action, field) => {
      const column = model.countsAt(action, field);
      return seconds.map((second) => column?.at(second) ?? null);
    },
    plannedLine: (action) => {
      const planned = plannedPerS(run, action);
      return seconds.map((second) => planned?.[second] ?? null);
    },
    openSeconds: (action) => seconds.filter((second) => model.openAt(action, second) > 0),
  };
}

interface Reading {
  readonly source: PanelSource;
  readonly node: string | undefined;
  readonly second: number;
  readonly holdS: number;
}

function valueAt(model: RunModel, { source, node, second, holdS }: Reading): number | null {
  if (source.kind === "percentile") {
    const column = model.percentiles.get(source.series)?.column(source.percentile);
    return column?.latest(second, holdS) ?? null;
  }
  const series = node === undefined ? source.series : source.series.replace("*", node);
  if (source.kind === "behind") {
    const own = model.gauges.get(series)?.latest(second, holdS) ?? null;
    const all = matching(model.gauges, source.series).map((each) => each.latest(second, holdS));
    return own === null ? null : Math.max(...all.map((each) => each ?? 0)) - own;
  }
  const columns: readonly SecondColumn[] =
    source.kind === "gauge"
      ? matching(model.gauges, series)
      : matching(model.counters, series).map((counter) => counter[source.kind]);
  // A total stays what it was when its node is away.
  const held = source.kind === "growth" ? second : holdS;
  const values = columns.map((column) => column.latest(second, held));
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function named(model: RunModel, { kind, series }: PanelSource): string[] {
  const pattern = seriesPattern(series);
  const known: ReadonlyMap<string, unknown> =
    kind === "rate" || kind === "growth" ? model.counters : model.gauges;
  return [...known.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? []);
}

function matching<T>(all: ReadonlyMap<string, T>, series: string): T[] {
  if (!series.includes("*")) {
    const found = all.get(series);
    return found === undefined ? [] : [found];
  }
  const pattern = seriesPattern(series);
  return [...all].flatMap(([name, value]) => (pattern.test(name) ? [value] : []));
}

function totals(model: RunModel, action: string, atS: number): ActionCounts {
  const sums: Record<CountField, number> = { ...noActions };
  for (const field of countFields) {
    const column = model.countsAt(action, field);
    for (let second = 0; second <= atS; second += 1) sums[field] += column?.at(second) ?? 0;
  }
  return sums;
}

function plannedPerS(run: RunDocument, action: string): readonly number[] | undefined {
  const [lane = "", name = ""] = action.split(".");
  return run.lanes[lane]?.actions[name]?.plannedPerS;
}

/** From injection to recovery; of a recording that does not plan its faults, their phases. */
function faultWindows(run: RunDocument, faults: readonly FaultLife[], atS: number): ShadedWindow[] {
  if (run.faults !== undefined) {
    return faults.map(({ injectedS, endedS }) => ({ startS: injectedS, endS: endedS ?? atS + 1 }));
  }
  const names = new Set(run.phases.map(({ name }) => name).filter((name) => /^fault\b/.test(name)));
  return [...names].flatMap((name) => [...phaseWindow(run, name)]);
}

/** From a node's loss until it is ready again; what ends with the run is no loss. */
function awayWindows(events: readonly OrderedEvent[], atS: number): ShadedWindow[] {
  const away = new Map<string, number>();
  const windows: ShadedWindow[] = [];
  for (const event of events) {
    if (event.kind !== "node") continue;
    if (event.state === "lost") away.set(event.node, event.t);
    const since = away.get(event.node);
    if (event.state === "ready" && since !== undefined) {
      windows.push({ startS: since, endS: event.t });
      away.delete(event.node);
    }
  }
  return [...windows, ...[...away.values()].map((startS) => ({ startS, endS: atS + 1 }))];
}
