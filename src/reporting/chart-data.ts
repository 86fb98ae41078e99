/**
 * What the charts of a report draw, second by second, on one time axis. A second without a measurement
 * is null and stays a gap.
 */
import type { RecordingReader } from "../recording/recording-reader.ts";
import type { Sample } from "../recording/timeline.ts";
import type { Summary } from "../verdict/summary-document.ts";

type Values = readonly (number | null)[];

export interface ChartSeries {
  readonly label: string;
  readonly values: Values;
  /** A limit or a plan, drawn as a dashed line. */
  readonly dashed?: boolean;
}

export interface Chart {
  /** Same for every lane and action. */
  readonly kind: "load" | "response" | "raft" | "duplicates" | "cpu" | "links";
  readonly title: string;
  readonly unit: string;
  /** Decades: a fault of a second beside milliseconds. */
  readonly log?: boolean;
  readonly series: readonly ChartSeries[];
}

export interface ChartPage {
  /** Run seconds. */
  readonly seconds: readonly number[];
  readonly charts: readonly Chart[];
  readonly windows: readonly {
    readonly fromS: number;
    readonly toS: number;
    readonly label: string;
  }[];
  readonly marks: readonly { readonly atS: number; readonly label: string }[];
}

export function chartPage(reader: RecordingReader, summary: Summary): ChartPage {
  const last = Math.max(1, Math.ceil(summary.durationS));
  const seconds = Array.from({ length: last }, (_, second) => second);
  const charts = Object.keys(reader.run.lanes).flatMap((lane) => [
    ...loadCharts(reader, lane, seconds),
    ...latencyCharts(reader, summary, lane, seconds),
    raftChart(reader, lane, seconds),
  ]);
  const all = [
    ...charts,
    duplicateChart(reader, seconds),
    cpuChart(reader, seconds),
    linkChart(reader, seconds),
  ];
  return {
    seconds,
    charts: all.filter(({ series }) => series.some(({ values }) => values.some(isNumber))),
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

function isNumber(value: number | null): boolean {
  return value !== null;
}

function loadCharts({ run, timeline }: RecordingReader, lane: string, seconds: Seconds): Chart[] {
  return Object.entries(run.lanes[lane]?.actions ?? {}).map(([action, { plannedPerS }]) => {
    const counted = seconds.map((second) => timeline.counts(`${lane}.${action}`, [at(second)]));
    return {
      kind: "load",
      title: `${lane}.${action}: load`,
      unit: "1/s",
      series: [
        ...(plannedPerS === undefined
          ? []
          : [
              {
                label: "planned",
                values: seconds.map((second) => plannedPerS[second] ?? null),
                dashed: true,
              },
            ]),
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
  });
}

type Seconds = readonly number[];

function at(second: number) {
  return { startS: second, endS: second + 1 };
}

function latencyCharts(
  reader: RecordingReader,
  summary: Summary,
  lane: string,
  seconds: Seconds,
): Chart[] {
  return Object.keys(reader.run.lanes[lane]?.actions ?? {}).map((action) => {
    const name = `${lane}.${action}`;
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
  });
}

type Percentile = "p50" | "p99" | "p999";

function percentiles(
  reader: RecordingReader,
  series: string,
  seconds: Seconds,
  wanted: readonly Percentile[],
): ChartSeries[] {
  const figures = seconds.map((second) => reader.histogram([series], [at(second)]).figures());
  return wanted.map((percentile) => ({
    label: percentile === "p999" ? "p99.9" : percentile,
    values: figures.map((each) => (each.count === 0 ? null : each[percentile])),
  }));
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

function raftChart(reader: RecordingReader, lane: string, seconds: Seconds): Chart {
  return {
    kind: "raft",
    title: `${lane}: raft commit`,
    unit: "ms",
    log: true,
    series: percentiles(reader, `${lane}.raftCommit`, seconds, ["p50", "p99"]),
  };
}

/** Operations that arrived again and were answered, not applied again; all gateways together. */
function duplicateChart({ timeline }: RecordingReader, seconds: Seconds): Chart {
  const counters = timeline.series.filter((name) => /^node\..+\.operationsDuplicate$/.test(name));
  const rates = counters.map((name) => perSecond(timeline.samples(name), seconds));
  const values = seconds.map((_, index) => {
    const known = rates.map((rate) => rate[index] ?? null).filter((each) => each !== null);
    return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
  });
  return {
    kind: "duplicates",
    title: "Duplicates: sent again, answered, not applied again",
    unit: "1/s",
    series: [{ label: "duplicates", values }],
  };
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
function perSecond(samples: readonly Sample[], seconds: Seconds): Values {
  const lastOf = new Map<number, Sample>();
  for (const sample of samples) lastOf.set(Math.floor(sample.t), sample);
  return seconds.map((second) => {
    const [before, now] = [lastOf.get(second - 1), lastOf.get(second)];
    if (before === undefined || now === undefined || now.t <= before.t) return null;
    if (now.value < before.value) return null;
    return (now.value - before.value) / (now.t - before.t);
  });
}

function linkChart({ timeline }: RecordingReader, seconds: Seconds): Chart {
  const names = timeline.series.filter((name) => /^link\..+\.delayP99Ms$/.test(name)).sort();
  return {
    kind: "links",
    title: "Links: delay added, p99",
    unit: "ms",
    series: names.map((name) => {
      const lastOf = new Map<number, number>();
      for (const { t, value } of timeline.samples(name)) lastOf.set(Math.floor(t), value);
      return {
        label: name.slice("link.".length, -".delayP99Ms".length),
        values: seconds.map((second) => lastOf.get(second) ?? null),
      };
    }),
  };
}
