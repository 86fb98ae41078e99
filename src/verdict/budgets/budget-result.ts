/**
 * Holds a recording against a budget. An empty window fails, since a gate that measured nothing must not
 * open; a percentile with fewer than 10 samples beyond it is noise, and so inconclusive.
 */
import { percentileShares } from "../../metrics/histogram/percentile-shares.ts";
import { lengthS, type SecondWindow } from "../../metrics/seconds.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { Standstill } from "../../recording/timeline/clock-events.ts";
import { faultFigure } from "../faults/fault-results.ts";
import type { BudgetResult, DiskStallsResult, FaultResult } from "../summary-document.ts";
import { undisturbed } from "../validity/disk-stalls.ts";
import { onWhatWasMeasured, standstillsIn } from "../validity/standstills.ts";
import type { Budget, BudgetSubject, Comparison } from "./budget.ts";
import { isPercentile } from "./budget-subject.ts";
import { errorRate, measureFigure, nodeCpuPercent, nodeRssBytes, ratePerS } from "./measure.ts";
import { budgetWindow } from "./measured-window.ts";

const minSamplesBeyond = 10;

/** A value in the budget's unit, and how many samples it rests on. */
interface Observation {
  readonly value: number | null;
  readonly samples: number;
  /** Set for percentiles. */
  readonly samplesBeyond?: number;
}

export interface RunConditions {
  /** What became of the faults of the run. */
  readonly faults: readonly FaultResult[];
  /** How the machine's disk did; null where nobody watched it. */
  readonly stalls: DiskStallsResult | null;
  /** When hunt or the whole machine did not run. */
  readonly standstills: readonly Standstill[];
}

export function budgetResult(
  reader: RecordingReader,
  budget: Budget,
  conditions: RunConditions,
): BudgetResult {
  const whole = budgetWindow(reader.run, budget);
  const within = standstillsIn(whole, conditions.standstills);
  return onWhatWasMeasured(resultIn(whole, reader, budget, conditions), budget.subject, within);
}

function resultIn(
  whole: SecondWindow,
  reader: RecordingReader,
  budget: Budget,
  { faults, stalls }: RunConditions,
): BudgetResult {
  const { window, leftOutS, tooManyS } = undisturbed(
    whole,
    isLatency(reader, budget.subject) ? stalls : null,
  );
  const { value, samples, samplesBeyond } = observe(reader, budget.subject, window, faults);
  const facts = {
    expression: budget.expression,
    phase: budget.phase ?? null,
    observed: value,
    limit: budget.limit,
    unit: budget.unit,
    margin: value === null ? null : margin(value, budget),
    samples,
    ...(leftOutS === 0 ? {} : { leftOutS }),
  };
  if (value === null) {
    const reason =
      nothingMeasured[budget.subject.kind === "fault" ? budget.subject.figure : "other"];
    return { ...facts, outcome: "breached", reason };
  }
  if (samplesBeyond !== undefined && samplesBeyond < minSamplesBeyond) {
    return {
      ...facts,
      outcome: "inconclusive",
      reason: `${samples} samples leave ${Math.floor(samplesBeyond)} beyond the percentile, at least ${minSamplesBeyond} are needed`,
    };
  }
  if (holds(value, budget.comparison, budget.limit)) return { ...facts, outcome: "held" };
  if (tooManyS === 0) return { ...facts, outcome: "breached" };
  const reason = `it was not met, but the machine's disk stood still in ${tooManyS} of its ${lengthS(whole)} s`;
  return { ...facts, outcome: "inconclusive", spoiledBy: "disk", reason };
}

/** What holds the time that a commit waits for the disk. */
function isLatency({ run }: RecordingReader, subject: BudgetSubject): boolean {
  if (subject.kind === "action") return isPercentile(subject.figure);
  if (subject.kind !== "figure") return false;
  const figure = run.lanes[subject.lane]?.figures.find(({ name }) => name === subject.figure);
  return figure?.kind === "histogram";
}

const nothingMeasured = {
  detect: "no alert fired because of it",
  gap: "no write was under way or sent while it lasted",
  recover: "no second after it was within the limit",
  other: "nothing was measured in its window",
} as const;

function observe(
  reader: RecordingReader,
  subject: BudgetSubject,
  window: SecondWindow,
  faults: readonly FaultResult[],
): Observation {
  switch (subject.kind) {
    case "action":
      return observeAction(reader, subject, window);
    case "figure":
      return observeFigure(reader, subject, window);
    case "node": {
      const measured =
        subject.figure === "cpu"
          ? nodeCpuPercent(reader, subject.node, window)
          : nodeRssBytes(reader, subject.node, window);
      const series = `node.${subject.node}.${subject.figure === "cpu" ? "cpuSeconds" : "rssBytes"}`;
      const readings = reader.timeline.samples(series);
      const samples = window.flatMap((range) => readings.within(range)).length;
      return { value: measured, samples };
    }
    case "fault":
      return observeFault(subject, faults);
  }
}

function observeFault(
  { fault, figure, feltBy }: Extract<BudgetSubject, { kind: "fault" }>,
  faults: readonly FaultResult[],
): Observation {
  const found = faults.find(({ id }) => id === fault);
  const seconds = found === undefined ? null : faultFigure(found, figure, feltBy);
  return { value: seconds === null ? null : 1000 * seconds, samples: seconds === null ? 0 : 1 };
}

function observeAction(
  reader: RecordingReader,
  subject: Extract<BudgetSubject, { kind: "action" }>,
  window: SecondWindow,
): Observation {
  const action = `${subject.lane}.${subject.action}`;
  if (isPercentile(subject.figure)) {
    return observePercentile(reader, `${action}.response`, subject.figure, window);
  }
  const counts = reader.timeline.counts(action, window);
  const samples = counts.ok + counts.fail + counts.unknown;
  if (subject.figure === "rate") {
    return { value: counts.intended === 0 ? null : ratePerS(counts, window), samples };
  }
  const rate = errorRate(counts);
  return { value: rate === null ? null : rate * 100, samples };
}

function observeFigure(
  reader: RecordingReader,
  subject: Extract<BudgetSubject, { kind: "figure" }>,
  window: SecondWindow,
): Observation {
  const figure = reader.run.lanes[subject.lane]?.figures.find(
    (known) => known.name === subject.figure,
  );
  if (figure === undefined) return { value: null, samples: 0 };
  if (figure.kind === "histogram") {
    return observePercentile(reader, figure.series, subject.stat ?? "p99", window);
  }
  const measured = measureFigure(reader, figure, window);
  if (measured === null) return { value: null, samples: 0 };
  if (typeof measured !== "number") {
    const stat = subject.stat ?? "p99";
    return percentileOf(measured[stat], stat, measured.count);
  }
  const per = figure.kind === "quotient" ? figure.per : undefined;
  const action = per !== undefined && "okActions" in per ? per.okActions : undefined;
  const samples = action === undefined ? 1 : reader.timeline.counts(action, window).ok;
  return {
    value: "unit" in figure && figure.unit === "ratio" ? measured * 100 : measured,
    samples,
  };
}

function observePercentile(
  reader: RecordingReader,
  series: string,
  percentile: keyof typeof percentileShares,
  window: SecondWindow,
): Observation {
  const histogram = reader.histogram([series], window);
  return percentileOf(histogram.percentile(percentile), percentile, histogram.count);
}

function percentileOf(
  value: number | null,
  percentile: keyof typeof percentileShares,
  samples: number,
): Observation {
  if (percentile === "max") return { value, samples };
  // Rounded, because 100 * (1 - 0.9) is a little under 10 in binary.
  const beyond = samples * (1 - percentileShares[percentile]);
  return { value, samples, samplesBeyond: Math.round(beyond * 1e6) / 1e6 };
}

export function holds(observed: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case "<":
      return observed < limit;
    case "<=":
      return observed <= limit;
    case ">":
      return observed > limit;
    case ">=":
      return observed >= limit;
    case "==":
      return observed === limit;
  }
}

/** Room left as a share of the limit; null where the limit is 0 or the comparison has no side. */
function margin(observed: number, budget: Budget): number | null {
  if (budget.limit === 0 || budget.comparison === "==") return null;
  const room = budget.comparison.startsWith("<")
    ? budget.limit - observed
    : observed - budget.limit;
  return room / budget.limit;
}
