/**
 * What became of each fault: its life from the timeline, and what the players felt of it from the ledger.
 *
 *   gap       the longest that a write waited for its answer, of those that were open when the fault struck
 *             or were sent until it was healed; counted from the fault on
 *   recovered the first moment after it from which, for one second, 99 % of the digs were acknowledged
 *             within the limit: that of the tightest p99 budget on digs, else 100 ms
 *
 * A dig that was never sent is in no ledger; its player waits for an earlier one that is.
 */
import { ledgerOutcomes, ledgerTypes, readLedger } from "../../recording/files/ledger-file.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import { runFile } from "../../recording/run-folder.ts";
import type { Budget } from "../budgets/budget.ts";
import type { AlertResult, FaultResult } from "../summary-document.ts";
import { type FaultSpan, FaultWatch } from "./fault-watch.ts";

const detectWithinS = 10;
const defaultLimitMs = 100;
/** Faults that begin so close to each other act as one: nobody could tell their effects apart. */
const togetherS = 1;

/** In time order; empty for a run without faults. */
export async function faultResults(
  reader: RecordingReader,
  budgets: readonly Budget[],
  alerts: readonly AlertResult[],
): Promise<FaultResult[]> {
  const planned = reader.run.faults ?? [];
  if (planned.length === 0) return [];
  const limitMs = limitOf(budgets);
  const lives = planned.map((fault) => lifeOf(reader, fault));
  const spans = lives.map(({ injectedAtS, healedAtS }, index): FaultSpan | undefined => {
    if (injectedAtS === null) return undefined;
    const next = lives.find(
      (life, at) =>
        at > index && life.injectedAtS !== null && life.injectedAtS > injectedAtS + togetherS,
    );
    return {
      injectedUs: injectedAtS * 1e6,
      healedUs: (healedAtS ?? reader.run.durationS) * 1e6,
      // What a later fault does is not held against this one.
      endUs: (next?.injectedAtS ?? reader.run.durationS) * 1e6,
    };
  });
  const watch = new FaultWatch(spans, limitMs * 1000);
  // A ledger that is missing or damaged is the checkers' to complain of.
  await readLedger(runFile(reader.folder, "ledger"), (record) => {
    if (record.kind === sessionOpened) return;
    if (record.type === ledgerTypes.attempt) watch.attempted(record);
    else watch.ended(record, record.outcome === ledgerOutcomes.ok);
  }).catch(() => undefined);
  return lives.map((life, index) => {
    const felt = watch.effectOf(index);
    const until = (life.healedAtS ?? Number.POSITIVE_INFINITY) + detectWithinS;
    const alert = alerts.find(
      ({ firedAtS }) =>
        life.injectedAtS !== null && firedAtS >= life.injectedAtS && firedAtS <= until,
    );
    return { ...life, ...felt, limitMs, detectedAtS: alert?.firedAtS ?? null };
  });
}

const sessionOpened = 1;

function lifeOf(
  { timeline, run, live }: RecordingReader,
  { id, kind, target, atS, byHand }: NonNullable<RecordingReader["run"]["faults"]>[number],
) {
  const events = timeline.events.flatMap((event) =>
    event.kind === "fault" && event.fault === id ? [event] : [],
  );
  const find = (state: (typeof events)[number]["state"]) =>
    events.find((event) => event.state === state);
  const at = (state: (typeof events)[number]["state"]) => find(state)?.t ?? null;
  const healed = find("healed");
  const failed = find("failed")?.detail ?? null;
  const evidence = find("evidence")?.detail ?? null;
  const unseen = run.state.kind === "finished" && !live;
  const silent = find("injected") === undefined ? "it never fired" : "nothing proves that it bit";
  const dead = at("recovered") === null ? "its target did not serve again" : null;
  return {
    id,
    kind,
    target,
    resolvedTo: find("armed")?.resolvedTo ?? [],
    injectedBy: byHand === true ? ("operator" as const) : ("plan" as const),
    dueAtS: atS,
    injectedAtS: at("injected"),
    evidence,
    healedAtS: healed?.t ?? null,
    healedBy: healed === undefined ? null : (healed.by ?? ("plan" as const)),
    restoredAtS: at("recovered"),
    problem: failed ?? (unseen ? (evidence === null ? silent : dead) : null),
  };
}

/** In ms. */
function limitOf(budgets: readonly Budget[]): number {
  const limits = budgets.flatMap(({ subject, comparison, limit }) =>
    subject.kind === "action" &&
    subject.action === "dig" &&
    subject.figure === "p99" &&
    comparison.startsWith("<")
      ? [limit]
      : [],
  );
  return limits.length === 0 ? defaultLimitMs : Math.min(...limits);
}

/** Seconds from the injection on; null where there is none. */
export function faultFigure(
  { injectedAtS, detectedAtS, recoveredAtS, gapS }: FaultResult,
  figure: "detect" | "gap" | "recover",
): number | null {
  if (figure === "gap") return gapS;
  const at = figure === "detect" ? detectedAtS : recoveredAtS;
  return at === null || injectedAtS === null ? null : at - injectedAtS;
}

/** Sentences that make a run inconclusive. */
export function faultProblems(faults: readonly FaultResult[]): string[] {
  return faults.flatMap(({ id, kind, target, problem }) =>
    problem === null ? [] : [`Fault ${id} (${kind} ${target}): ${problem}.`],
  );
}
