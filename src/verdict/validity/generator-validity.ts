/**
 * Was the load what the plan said? Figures of a run whose generator was starved describe the
 * generator, so such a run is inconclusive. Each action is judged by itself. What is waiting for the backend
 * (`blocked`) is not held against the generator.
 */
import { addCounts, noActions } from "../../metrics/action-counts.ts";
import type { LatencyHistogram } from "../../metrics/histogram/latency-histogram.ts";
import type { SecondWindow } from "../../metrics/seconds.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { Budget } from "../budgets/budget.ts";
import { measuredWindow } from "../budgets/measured-window.ts";
import { largest, total } from "../series-growth.ts";
import type { GeneratorResult } from "../summary-document.ts";

const maxDroppedShare = 0.001;
const maxQueueFill = 0.8;
const minScheduleLagMs = 5;
const scheduleLagShareOfBudget = 0.1;
/** Ten of them are beyond the p99. */
const leastLagSamples = 1_000;
const achievedSpanS = 5;
const minAchievedShare = 0.99;
/** Arrivals are a Poisson process: five standard deviations are chance once in 3.5 million spans. */
const poissonSigmas = 5;

interface RecordedAction {
  readonly lane: string;
  /** `sessions.read` */
  readonly name: string;
  readonly plannedPerS: readonly number[] | undefined;
}

export function generatorResult(
  reader: RecordingReader,
  budgets: readonly Budget[],
): GeneratorResult {
  const window = measuredWindow(reader.run);
  const actions = recordedActions(reader);
  const lag = lagOf(reader, actions, window);
  const counts = actions
    .map((action) => reader.timeline.counts(action.name, window))
    .reduce(addCounts, noActions);
  const queueMax = largest(reader.timeline.samples("generator.queue"));

  const problems: string[] = [];
  if (counts.intended === 0) problems.push("no action was intended outside the warm-up");
  problems.push(...actions.flatMap((action) => droppedProblem(reader, action, window)));
  for (const ofLane of Map.groupBy(actions, ({ lane }) => lane).values()) {
    problems.push(...lagProblems(reader, ofLane, { window, budgets }));
  }
  if (queueMax !== null && queueMax > maxQueueFill) {
    const percent = Math.round(100 * queueMax);
    problems.push(`its frame queue was ${percent} % full (allowed 80 %)`);
  }
  problems.push(...shortfalls(reader, actions, window));
  return {
    valid: problems.length === 0,
    problems,
    scheduleLagMs: { p99: lag.percentile("p99"), max: lag.percentile("max") },
    droppedActions: counts.dropped,
    queueMax,
    cpuSeconds: total(reader.timeline.samples("generator.cpuSeconds")),
    rssMaxBytes: largest(reader.timeline.samples("generator.rssBytes")),
  };
}

/** A slow lane of few actions would not show among those of a fast one. One dropped action is a chance. */
function droppedProblem(
  reader: RecordingReader,
  { name }: RecordedAction,
  window: SecondWindow,
): string[] {
  const { dropped, intended } = reader.timeline.counts(name, window);
  if (dropped <= Math.max(1, maxDroppedShare * intended)) return [];
  const share = ((100 * dropped) / intended).toFixed(2);
  return [`it dropped ${dropped} of ${intended} ${name} (${share} %, allowed 0.1 %)`];
}

interface LagLimits {
  readonly window: SecondWindow;
  readonly budgets: readonly Budget[];
}

/** Of each action of a lane that has samples enough; and of all of them together, where none stands out. */
function lagProblems(
  reader: RecordingReader,
  ofLane: readonly RecordedAction[],
  { window, budgets }: LagLimits,
): string[] {
  const lane = ofLane[0]?.lane ?? "";
  const allowedMs = allowedScheduleLagMs(lane, budgets);
  const problem = (lagMs: number, of: string) =>
    `its schedule lag p99 was ${lagMs.toFixed(1)} ms for ${of} (allowed ${allowedMs.toFixed(1)} ms)`;
  const single = ofLane.flatMap((action) => {
    const lag = lagOf(reader, [action], window);
    const lagMs = lag.percentile("p99");
    const isTold = lagMs !== null && lag.count >= leastLagSamples && lagMs > allowedMs;
    return isTold ? [problem(lagMs, action.name)] : [];
  });
  if (single.length > 0) return single;
  const lagMs = lagOf(reader, ofLane, window).percentile("p99");
  return lagMs !== null && lagMs > allowedMs ? [problem(lagMs, lane)] : [];
}

function lagOf(
  reader: RecordingReader,
  actions: readonly RecordedAction[],
  window: SecondWindow,
): LatencyHistogram {
  return reader.histogram(
    actions.map(({ name }) => `${name}.scheduleLag`),
    window,
  );
}

/** 5 ms, or a tenth of the tightest p99 budget on an action of the lane where that is more. */
function allowedScheduleLagMs(lane: string, budgets: readonly Budget[]): number {
  const limits = budgets.flatMap(({ subject, comparison, limit }) =>
    subject.kind === "action" &&
    subject.lane === lane &&
    subject.figure === "p99" &&
    comparison.startsWith("<")
      ? [limit]
      : [],
  );
  if (limits.length === 0) return minScheduleLagMs;
  return Math.max(minScheduleLagMs, scheduleLagShareOfBudget * Math.min(...limits));
}

/** Of all players: what some of them do is among it. */
function recordedActions(reader: RecordingReader): RecordedAction[] {
  return Object.entries(reader.run.lanes).flatMap(([lane, { actions }]) =>
    Object.entries(actions).flatMap(([action, { plannedPerS, partOf }]) =>
      partOf === undefined ? [{ lane, name: `${lane}.${action}`, plannedPerS }] : [],
    ),
  );
}

/** The first span per action in which too little was sent, or too little was even intended. */
function shortfalls(
  reader: RecordingReader,
  actions: readonly RecordedAction[],
  window: SecondWindow,
): string[] {
  return actions.flatMap((action) => {
    for (const { startS, endS } of window) {
      for (let from = startS; from + achievedSpanS <= endS; from += 1) {
        const problem = shortfall(reader, action, from);
        if (problem !== undefined) return [problem];
      }
    }
    return [];
  });
}

function shortfall(
  reader: RecordingReader,
  action: RecordedAction,
  from: number,
): string | undefined {
  const to = from + achievedSpanS;
  const counts = reader.timeline.counts(action.name, [{ startS: from, endS: to }]);
  const achieved = counts.intended - counts.dropped;
  if (achieved < minAchievedShare * counts.intended) {
    return `it sent ${achieved} of ${counts.intended} ${action.name} from ${from} s to ${to} s (at least 99 %)`;
  }
  // A run that was cut short has planned seconds that never came.
  if (action.plannedPerS === undefined || reader.run.state.kind !== "finished") return undefined;
  const planned = action.plannedPerS.slice(from, to).reduce((sum, each) => sum + each, 0);
  const least = minAchievedShare * planned - poissonSigmas * Math.sqrt(planned);
  if (counts.intended >= least) return undefined;
  return `it drew ${counts.intended} ${action.name} from ${from} s to ${to} s, the plan says ${Math.round(planned)}`;
}
