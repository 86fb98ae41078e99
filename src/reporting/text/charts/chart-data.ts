/**
 * What the charts of a report draw, second by second, on one time axis. A second without a measurement
 * is null and stays a gap.
 */
import type { ChartDefinition } from "../../../metrics/chart-definition.ts";
import type { SecondRange } from "../../../metrics/seconds.ts";
import { optional } from "../../../optional.ts";
import type { RecordingReader } from "../../../recording/recording-reader.ts";
import type { Sample } from "../../../recording/timeline/samples.ts";
import { matchingSeries } from "../../../verdict/series-growth.ts";
import type { Summary } from "../../../verdict/summary-document.ts";
import { secondsPerPair, thinned, thinnedSeconds, type Values } from "./thinned-values.ts";

export interface ChartSeries {
  readonly label: string;
  readonly values: Values;
  /** A limit or a plan, drawn as a dashed line. */
  readonly dashed?: boolean;
}

export interface Chart {
  /** Same for every lane and action; `lane`: one of the lane's own. */
  readonly kind: "load" | "response" | "lane" | "cpu" | "links";
  readonly title: string;
  readonly unit: string;
  /** Decades: a fault of a second beside milliseconds. */
  readonly log?: boolean;
  readonly series: readonly ChartSeries[];
}

export interface ChartPage {
  /** Of the points, in run seconds. */
  readonly seconds: readonly number[];
  /** How many seconds stand behind two points; 1: each point is a second. */
  readonly secondsPerPair: number;
  readonly charts: readonly Chart[];
  readonly windows: readonly {
    readonly fromS: number;
    readonly toS: number;
    readonly label: string;
  }[];
  readonly marks: readonly { readonly atS: number; readonly label: string }[];
}

export interface ChartPageOptions {
  /** Without it, all. */
  readonly kinds?: readonly Chart["kind"][];
  /** Of a longer run the lowest and highest of several seconds are kept. */
  readonly mostPoints?: number;
}

export function chartPage(
  reader: RecordingReader,
  summary: Summary,
  { kinds, mostPoints = Number.POSITIVE_INFINITY }: ChartPageOptions = {},
): ChartPage {
  const last = Math.max(1, Math.ceil(summary.durationS));
  const perPair = secondsPerPair(last, mostPoints);
  const charts: Chart[] = [];
  // One after the other: a chart of a day is 86,400 seconds of each of its lines.
  for (const [kind, make] of charted(reader, summary, secondsUntil(last))) {
    if (kinds !== undefined && !kinds.includes(kind)) continue;
    const chart = make();
    if (!chart.series.some(({ values }) => values.some(isNumber))) continue;
    charts.push({
      ...chart,
      series: chart.series.map((line) => ({ ...line, values: thinned(line.values, perPair) })),
    });
  }
  return {
    seconds: thinnedSeconds(last, perPair),
    secondsPerPair: perPair,
    charts,
    windows: summary.faults.flatMap(({ id, injectedAtS, healedAtS }) =>
      injectedAtS === null ? [] : [{ fromS: injectedAtS, toS: healedAtS ?? last, label: id }],
    ),
    marks: reader.timeline.events.flatMap((event) =>
      event.kind === "leader" && event.t > 0
        ? [{ atS: event.t, label: `${event.node} leads` }]
        : [],
    ),
  };
}

type ChartMaker = readonly [Chart["kind"], () => Chart];

/** In the order of the page. */
function charted(reader: RecordingReader, summary: Summary, seconds: Seconds): ChartMaker[] {
  const lanes = Object.entries(reader.run.lanes).flatMap(
    ([lane, { actions, charts }]): ChartMaker[] => [
      ...Object.keys(actions).map(
        (action): ChartMaker => ["load", () => loadChart(reader, lane, action, seconds)],
      ),
      ...Object.keys(actions).map(
        (action): ChartMaker => [
          "response",
          () => latencyChart(reader, summary, `${lane}.${action}`, seconds),
        ],
      ),
      ...charts.map((chart): ChartMaker => ["lane", () => definedChart(reader, chart, seconds)]),
    ],
  );
  return [
    ...lanes,
    ["cpu", () => cpuChart(reader, seconds)],
    ["links", () => linkChart(reader, seconds)],
  ];
}

function secondsUntil(end: number): Seconds {
  return Array.from({ length: end }, (_, second) => second);
}

function isNumber(value: number | null): boolean {
  return value !== null;
}

function loadChart(
  { run, timeline }: RecordingReader,
  lane: string,
  action: string,
  seconds: Seconds,
): Chart {
  const plannedPerS = run.lanes[lane]?.actions[action]?.plannedPerS;
  const counted = seconds.map((second) => timeline.counts(`${lane}.${action}`, [at(second)]));
  const planned =
    plannedPerS === undefined ? [] : [seconds.map((second) => plannedPerS[second] ?? null)];
  return {
    kind: "load",
    title: `${lane}.${action}: load`,
    unit: "1/s",
    series: [
      ...planned.map((values) => ({ label: "planned", values, dashed: true })),
      {
        label: "acknowledged",
        values: counted.map(({ intended, ok }) => (intended === 0 ? null : ok)),
      },
      {
        label: "failed, unknown, dropped",
        values: counted.map((each) =>
          each.intended === 0 ? null : each.fail + each.unknown + each.dropped,
        ),
      },
    ],
  };
}

type Seconds = readonly number[];

function at(second: number) {
  return { startS: second, endS: second + 1 };
}

function latencyChart(
  reader: RecordingReader,
  summary: Summary,
  name: string,
  seconds: Seconds,
): Chart {
  return {
    kind: "response",
    title: `${name}: response`,
    unit: "ms",
    log: true,
    series: [
      ...percentiles(reader, `${name}.response`, seconds, ["p50", "p99", "p999"]),
      ...budgetLines(reader, summary, name, seconds),
    ],
  };
}

type Percentile = "p50" | "p99" | "p999";

function percentiles(
  reader: RecordingReader,
  series: string,
  seconds: Seconds,
  wanted: readonly Percentile[],
): ChartSeries[] {
  const lines = wanted.map((percentile) => ({
    label: percentile === "p999" ? "p99.9" : percentile,
    percentile,
    values: seconds.map((): number | null => null),
  }));
  const range = { startS: 0, endS: seconds.length };
  for (const { second, histogram } of reader.histogramsBySecond(series, range)) {
    for (const { percentile, values } of lines) values[second] = histogram.percentile(percentile);
  }
  return lines.map(({ label, values }) => ({ label, values }));
}

/** Limits of the action's p99, each in its phase. */
function budgetLines(
  { run }: RecordingReader,
  { budgets }: Summary,
  name: string,
  seconds: Seconds,
): ChartSeries[] {
  const ofAction = budgets.filter(
    ({ expression, unit }) => unit === "ms" && expression.startsWith(`${name}.p99 `),
  );
  if (ofAction.length === 0) return [];
  const values = seconds.map((second) => {
    const limits = ofAction.flatMap(({ phase, limit }) => {
      const holds = run.phases.some(
        ({ name: each, startS, endS }) =>
          (phase === null || each === phase) && second >= startS && second < endS,
      );
      return holds ? [limit] : [];
    });
    return limits.length === 0 ? null : Math.min(...limits);
  });
  return [{ label: "budget of p99", values, dashed: true }];
}

/** What the lane itself wants to have drawn. */
function definedChart(
  reader: RecordingReader,
  { title, unit, log, lines }: ChartDefinition,
  seconds: Seconds,
): Chart {
  const series = lines.flatMap(({ label, source }): ChartSeries[] => {
    if (source.kind === "rate") return [{ label, values: rateOf(reader, source.series, seconds) }];
    const found = percentiles(reader, source.series, seconds, [source.percentile]);
    return found.map(({ values }) => ({ label, values }));
  });
  return { kind: "lane", title, unit, ...optional({ log }), series };
}

/** All counters that match, added up. */
function rateOf({ timeline }: RecordingReader, pattern: string, seconds: Seconds): Values {
  const counters = matchingSeries(timeline, pattern);
  const rates = counters.map((name) => perSecond(timeline.samples(name), seconds));
  return seconds.map((_, index) => {
    const known = rates.map((rate) => rate[index] ?? null).filter((each) => each !== null);
    return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
  });
}

function cpuChart({ timeline }: RecordingReader, seconds: Seconds): Chart {
  const counters = timeline.series.filter((name) => /^node\..+\.cpuSeconds$/.test(name)).sort();
  return {
    kind: "cpu",
    title: "CPU",
    unit: "% of a core",
    series: counters.map((name) => ({
      label: name.slice("node.".length, -".cpuSeconds".length),
      values: perSecond(timeline.samples(name), seconds).map((each) =>
        each === null ? null : 100 * each,
      ),
    })),
  };
}

/** Growth from one second's last reading to the next one's; a counter that falls has begun again. */
function perSecond(samples: Iterable<Sample>, seconds: Seconds): Values {
  const last = lastOfSeconds(samples, { startS: -1, endS: seconds.length });
  return seconds.map((second) => {
    const [before, now] = [last(second - 1), last(second)];
    if (before === undefined || now === undefined || now.t <= before.t) return null;
    if (now.value < before.value) return null;
    return (now.value - before.value) / (now.t - before.t);
  });
}

/** The last reading of a second. */
function lastOfSeconds(samples: Iterable<Sample>, { startS, endS }: SecondRange) {
  const times = new Float64Array(endS - startS).fill(Number.NaN);
  const values = new Float64Array(endS - startS);
  for (const { t, value } of samples) {
    const second = Math.floor(t);
    if (second < startS || second >= endS) continue;
    times[second - startS] = t;
    values[second - startS] = value;
  }
  return (second: number): Sample | undefined => {
    const t = times[second - startS] ?? Number.NaN;
    return Number.isNaN(t) ? undefined : { t, value: values[second - startS] ?? Number.NaN };
  };
}

function linkChart({ timeline }: RecordingReader, seconds: Seconds): Chart {
  const names = timeline.series.filter((name) => /^link\..+\.delayP99Ms$/.test(name)).sort();
  return {
    kind: "links",
    title: "Links: delay added, p99",
    unit: "ms",
    series: names.map((name) => {
      const last = lastOfSeconds(timeline.samples(name), { startS: 0, endS: seconds.length });
      return {
        label: name.slice("link.".length, -".delayP99Ms".length),
        values: seconds.map((second) => last(second)?.value ?? null),
      };
    }),
  };
}
