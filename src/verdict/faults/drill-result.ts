/**
 * How a drill went, from its recording alone: when the steady state was lost, noticed, mended and there
 * again, and the score. docs/drills.md publishes the formula; a change here is a change there.
 *
 * The steady state is looked at second by second: it held before when none of its budgets had an alert and
 * most of the last five seconds held (an alert of theirs would come after the fault), and it is back with the first of five seconds in a row in each of which all of them hold.
 */
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { Budget } from "../budgets/budget.ts";
import { parseBudget } from "../budgets/budget-grammar.ts";
import { holds } from "../budgets/budget-result.ts";
import { isPercentile } from "../budgets/budget-subject.ts";
import { errorRate } from "../budgets/measure.ts";
import { leavesOpen } from "../judge.ts";
import type {
  AlertResult,
  DrillResult,
  FaultResult,
  GuaranteeResult,
  Summary,
} from "../summary-document.ts";

const steadyForS = 5;
const detectWithinS = 10;
const leaderToldWithinS = 1;
/** Back so soon, nobody need have noticed. */
const noticedByNobodyS = 5;
/** What a person gets on top, seconds. */
const personS = 120;
const most = { guarantees: 40, detection: 15, recovery: 30, redundancy: 15 };

export interface DrillFindings {
  readonly faults: readonly FaultResult[];
  /** Those of the steady state among them. */
  readonly alerts: readonly AlertResult[];
  readonly guarantees: readonly GuaranteeResult[];
  readonly generator: Pick<Summary["generator"], "valid">;
}

/** Null for a run that was no drill. */
export function drillResult(reader: RecordingReader, findings: DrillFindings): DrillResult | null {
  const { drill } = reader.run;
  if (drill === undefined) return null;
  const times = timesOf(reader, drill.steadyState, findings);
  const unscored = whyUnscored(times, findings);
  const points = pointsOf(times, drill, findings.guarantees);
  const broken = findings.guarantees.some(({ outcome }) => outcome === "broken");
  const sum = Math.round(points.reduce((total, { got }) => total + got, 0));
  return {
    ...drill,
    ...times,
    // A lost or doubled write is a failure whatever else is not known of the drill.
    score: broken ? 0 : unscored === null ? sum : null,
    unscored: broken ? null : unscored,
    points,
  };
}

/** A drill that began in no steady state proves nothing, however it ended. */
export function drillProblems(drill: DrillResult | null): string[] {
  if (drill === null || drill.steadyBefore) return [];
  return [`The steady state did not hold before the fault of drill ${drill.name}.`];
}

type Times = Pick<
  DrillResult,
  | "steadyBefore"
  | "faultAtS"
  | "detectedAfterS"
  | "mitigatedAfterS"
  | "recoveredAfterS"
  | "redundantAfterS"
  | "acknowledgedAfterS"
  | "elections"
  | "gaveUp"
>;

function timesOf(
  reader: RecordingReader,
  steadyState: readonly string[],
  { faults, alerts }: DrillFindings,
): Times {
  const injected = faults.flatMap(({ injectedAtS }) => injectedAtS ?? []);
  const faultAtS = injected.length < faults.length ? null : Math.min(...injected);
  const nothing = {
    steadyBefore: false,
    faultAtS: null,
    detectedAfterS: null,
    mitigatedAfterS: null,
    recoveredAfterS: null,
    redundantAfterS: null,
    acknowledgedAfterS: null,
    elections: null,
    gaveUp: false,
  };
  if (faultAtS === null || faults.length === 0) return nothing;
  const ofSteady = alerts.filter(({ budget }) => steadyState.includes(budget));
  const after = (atS: number | null | undefined) =>
    atS === null || atS === undefined ? null : Math.max(0, atS - faultAtS);
  const last = (times: readonly (number | null)[]) =>
    times.includes(null) ? null : Math.max(...times.flatMap((time) => time ?? []));
  const budgets = steadyState.map((text) => parseBudget(text, reader.run));
  const mitigatedAtS = last(faults.map(({ healedAtS }) => healedAtS));
  const acts = reader.timeline.events.filter((event) => event.kind === "operator");
  return {
    acknowledgedAfterS: after(acts.find(({ act }) => act === "ack")?.t),
    elections: electionsBetween(reader, faults, { startS: faultAtS, endS: mitigatedAtS }),
    gaveUp: acts.some(({ act }) => act !== "ack"),
    steadyBefore:
      !ofSteady.some(({ firedAtS }) => firedAtS < faultAtS) &&
      steadyUntil(reader, budgets, faultAtS),
    faultAtS,
    detectedAfterS: after(ofSteady.find(({ firedAtS }) => firedAtS >= faultAtS)?.firedAtS),
    mitigatedAfterS: after(mitigatedAtS),
    recoveredAfterS: after(steadyAgainAt(reader, budgets, faultAtS)),
    redundantAfterS: after(last(faults.map(({ restoredAtS }) => restoredAtS))),
  };
}

/** Of all clusters of the lanes that the faults touch; null where nothing is known of any. */
function electionsBetween(
  { run, timeline }: RecordingReader,
  faults: readonly FaultResult[],
  span: { readonly startS: number; readonly endS: number | null },
): number | null {
  const lanes = new Set(faults.flatMap((fault) => fault.lanes));
  const clusters = [...lanes].flatMap((lane) => run.lanes[lane]?.clusters ?? []);
  const found = clusters.flatMap(({ name }) => termsBegun(timeline, name, span) ?? []);
  return found.length === 0 ? null : found.reduce((sum, each) => sum + each, 0);
}

/** A leader is told with its term once per second, so one of the last moment is told after it. */
function termsBegun(
  { events }: RecordingReader["timeline"],
  cluster: string,
  { startS, endS }: { readonly startS: number; readonly endS: number | null },
): number | null {
  const termUntil = (untilS: number) =>
    events.findLast(
      (event) => event.kind === "leader" && event.cluster === cluster && event.t <= untilS,
    );
  const before = termUntil(startS);
  const after = endS === null ? undefined : termUntil(endS + leaderToldWithinS);
  if (before?.kind !== "leader" || after?.kind !== "leader") return null;
  return after.term - before.term;
}

function steadyUntil(
  reader: RecordingReader,
  budgets: readonly Budget[],
  faultAtS: number,
): boolean {
  const seconds = Array.from({ length: steadyForS }, (_, back) => Math.floor(faultAtS) - 1 - back);
  const held = seconds.filter((second) =>
    budgets.every((budget) => heldIn(reader, budget, second)),
  );
  return 2 * held.length > steadyForS;
}

/** The second of the fault counts too: what was open then had to wait. */
function steadyAgainAt(
  reader: RecordingReader,
  budgets: readonly Budget[],
  faultAtS: number,
): number | null {
  let row = 0;
  for (let second = Math.floor(faultAtS); second < Math.floor(reader.run.durationS); second += 1) {
    row = budgets.every((budget) => heldIn(reader, budget, second)) ? row + 1 : 0;
    if (row === steadyForS) return second + 1 - steadyForS;
  }
  return null;
}

function heldIn(reader: RecordingReader, budget: Budget, second: number): boolean {
  const { subject, comparison, limit } = budget;
  if (subject.kind !== "action") return true;
  const action = `${subject.lane}.${subject.action}`;
  const window = [{ startS: second, endS: second + 1 }];
  const counts = reader.timeline.counts(action, window);
  if (isPercentile(subject.figure)) {
    const value = reader.histogram([`${action}.response`], window).percentile(subject.figure);
    return value !== null && holds(value, comparison, limit);
  }
  const share = errorRate(counts);
  const value = subject.figure === "rate" ? counts.ok : share === null ? null : 100 * share;
  return value !== null && holds(value, comparison, limit);
}

function whyUnscored(times: Times, findings: DrillFindings): string | null {
  if (times.faultAtS === null) return "the fault did not fire";
  if (!times.steadyBefore) return "the steady state did not hold before the fault";
  if (findings.faults.some(({ evidence }) => evidence === null)) return "nothing proves the fault";
  if (!findings.generator.valid) return "the generator was not valid";
  const all = findings.guarantees;
  if (all.length > 0 && !all.some(leavesOpen)) return null;
  return "not every guarantee could be checked";
}

function pointsOf(
  times: Times,
  drill: NonNullable<RunDocument["drill"]>,
  guarantees: readonly GuaranteeResult[],
): DrillResult["points"] {
  const held =
    guarantees.length > 0 &&
    guarantees.every((each) => each.outcome !== "broken" && !leavesOpen(each));
  const parts = [
    ["guarantees", held ? 1 : 0],
    ...(drill.interactive === true ? byHand(times, drill) : byItself(times, drill)),
  ] as const;
  return parts.map(([part, of]) => ({ part, got: Math.round(most[part] * of), most: most[part] }));
}

type Share = readonly ["detection" | "recovery" | "redundancy", number];

function byItself(
  { detectedAfterS, recoveredAfterS, redundantAfterS }: Times,
  { recoverWithinS }: { readonly recoverWithinS: number },
): readonly Share[] {
  const unnoticed =
    detectedAfterS === null && recoveredAfterS !== null && recoveredAfterS <= noticedByNobodyS;
  return [
    ["detection", unnoticed ? 1 : share(detectedAfterS, detectWithinS, 2 * detectWithinS)],
    ["recovery", share(recoveredAfterS, recoverWithinS, 3 * recoverWithinS)],
    ["redundancy", redundantAfterS === null ? 0 : 1],
  ];
}

/** Who repairs has noticed. Who gives up has repaired nothing. */
function byHand(
  { acknowledgedAfterS, mitigatedAfterS, recoveredAfterS, redundantAfterS, gaveUp }: Times,
  { recoverWithinS }: { readonly recoverWithinS: number },
): readonly Share[] {
  const noticedAfterS = acknowledgedAfterS ?? (gaveUp ? null : mitigatedAfterS);
  const fullS = recoverWithinS + personS;
  return [
    ["detection", share(noticedAfterS, personS / 2, personS)],
    ["recovery", gaveUp ? 0 : share(recoveredAfterS, fullS, 3 * fullS)],
    ["redundancy", gaveUp || redundantAfterS === null ? 0 : 1],
  ];
}

/** 1 up to `fullS`, then straight down to 0 at `noneS`. */
function share(value: number | null, fullS: number, noneS: number): number {
  if (value === null) return 0;
  return Math.min(1, Math.max(0, (noneS - value) / (noneS - fullS)));
}
