/**
 * Alerts: a budget that was breached in 3 of the last 5 seconds fires, and resolves when it no longer is.
 * The same code runs while the load does and over a recording; both feed it the generator's seconds
 * (frames) in the order in which they came in, so both say the same.
 *
 * A second is looked at once, when it has been over for 2 s. Actions of it that are still unanswered
 * count as answers that took 2 s, so a backend that stands still fires as one that is slow; answers that
 * come later change the figures of the run, but no alert. Memory: the last few seconds.
 */
import { type ActionCounts, addCounts, noActions } from "../../metrics/action-counts.ts";
import type { HistogramBuckets } from "../../metrics/histogram/histogram-encoding.ts";
import { LatencyHistogram } from "../../metrics/histogram/latency-histogram.ts";
import { contains, type SecondWindow } from "../../metrics/seconds.ts";
import type { RecordedFrame } from "../../recording/frame-replay.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { AlertResult } from "../summary-document.ts";
import type { Budget } from "./budget.ts";
import { holds } from "./budget-result.ts";
import { isPercentile } from "./budget-subject.ts";
import { errorRate } from "./measure.ts";
import { budgetWindow, type Phased } from "./measured-window.ts";

const breachesToFire = 3;
const lookBack = 5;
const settleS = 2;

export interface AlertChange {
  readonly budget: Budget;
  readonly state: "fired" | "resolved";
  /** Run seconds; when it became known, some 2 s after the second that tipped it. */
  readonly t: number;
  /** The figure of that second, in the budget's unit; null when nothing was intended in it. */
  readonly observed: number | null;
}

interface ActionSecond {
  counts: ActionCounts;
  readonly response: HistogramBuckets[];
}

type ActionSubject = Extract<Budget["subject"], { kind: "action" }>;

interface Rule {
  readonly budget: Budget;
  readonly subject: ActionSubject;
  /** Such as `sessions.read`. */
  readonly action: string;
  window: SecondWindow;
  /** Whether it was breached, the latest second last; at most `lookBack`. */
  readonly breached: boolean[];
  fired: boolean;
}

export class AlertEvaluator {
  readonly #rules: readonly Rule[];
  /** By second, then by action. */
  readonly #seconds = new Map<number, Map<string, ActionSecond>>();
  #next = 0;

  /** Budgets that say nothing of a single second (figures of lanes and nodes) have no alert. */
  constructor(budgets: readonly Budget[], run: Phased) {
    this.#rules = budgets.flatMap((budget) => {
      const { subject } = budget;
      if (subject.kind !== "action") return [];
      const action = `${subject.lane}.${subject.action}`;
      const window = budgetWindow(run, budget);
      return [{ budget, subject, action, window, breached: [], fired: false }];
    });
  }

  /** Of the seconds that were not looked at yet. */
  rephase(run: Phased): void {
    for (const rule of this.#rules) rule.window = budgetWindow(run, rule.budget);
  }

  /** True for a histogram series that a rule reads. */
  reads(series: string): boolean {
    return this.#rules.some((rule) => series === `${rule.action}.response`);
  }

  /** Frames only go forward. Histograms that no rule reads may be left out. */
  addFrame(frame: RecordedFrame): AlertChange[] {
    for (const { second, action, ...counts } of frame.counts) {
      const known = this.#second(second, action);
      if (known !== undefined) known.counts = addCounts(known.counts, counts);
    }
    for (const { second, series, buckets } of frame.histograms) {
      if (!this.reads(series)) continue;
      this.#second(second, series.replace(/\.response$/, ""))?.response.push(buckets);
    }
    const changes: AlertChange[] = [];
    while (this.#next + settleS <= frame.second) {
      for (const rule of this.#rules) changes.push(...this.#evaluate(rule, this.#next, frame));
      this.#seconds.delete(this.#next);
      this.#next += 1;
    }
    return changes;
  }

  /** Undefined for a second that was looked at already. */
  #second(second: number, action: string): ActionSecond | undefined {
    if (second < this.#next) return undefined;
    const actions = this.#seconds.get(second) ?? new Map<string, ActionSecond>();
    this.#seconds.set(second, actions);
    const found = actions.get(action) ?? { counts: noActions, response: [] };
    actions.set(action, found);
    return found;
  }

  #evaluate(rule: Rule, second: number, frame: RecordedFrame): AlertChange[] {
    const { budget } = rule;
    const known = this.#seconds.get(second)?.get(rule.action);
    const observed = contains(rule.window, second)
      ? observe(rule, known, openOf(frame, rule.action, second), frame.second - second)
      : null;
    rule.breached.push(observed !== null && !holds(observed, budget.comparison, budget.limit));
    if (rule.breached.length > lookBack) rule.breached.shift();
    const firing = rule.breached.filter(Boolean).length >= breachesToFire;
    if (firing === rule.fired) return [];
    rule.fired = firing;
    return [{ budget, state: firing ? "fired" : "resolved", t: frame.second + 1, observed }];
  }
}

function openOf(frame: RecordedFrame, action: string, second: number): number {
  const found = frame.open.find((open) => open.action === action && open.second === second);
  return found?.count ?? 0;
}

/** The figure of one second, in the budget's unit. */
function observe(
  { subject }: Rule,
  known: ActionSecond | undefined,
  open: number,
  openForS: number,
): number | null {
  const counts = known?.counts ?? noActions;
  if (isPercentile(subject.figure)) {
    const histogram = new LatencyHistogram();
    for (const buckets of known?.response ?? []) histogram.add(buckets);
    if (open > 0) {
      histogram.add({
        valuesUs: Float64Array.of(openForS * 1e6),
        counts: Float64Array.of(open),
      });
    }
    return histogram.percentile(subject.figure);
  }
  if (subject.figure === "rate") return counts.intended === 0 ? null : counts.ok;
  const share = errorRate(counts);
  return share === null ? null : share * 100;
}

/** The alerts of a recording under these budgets, whichever were evaluated while it was made. */
export function recordedAlerts(
  reader: Pick<RecordingReader, "frames" | "run">,
  budgets: readonly Budget[],
): AlertResult[] {
  const evaluator = new AlertEvaluator(budgets, reader.run);
  const alerts: AlertResult[] = [];
  for (const frame of reader.frames((series) => evaluator.reads(series))) {
    for (const change of evaluator.addFrame(frame)) tell(alerts, change);
  }
  return alerts;
}

function tell(alerts: AlertResult[], { budget, state, t, observed }: AlertChange): void {
  const { expression, unit } = budget;
  if (state === "fired") {
    alerts.push({ budget: expression, firedAtS: t, resolvedAtS: null, observed, unit });
    return;
  }
  const fired = alerts.findLast((alert) => alert.budget === expression);
  if (fired !== undefined) fired.resolvedAtS = t;
}
