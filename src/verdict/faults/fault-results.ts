/**
 * What became of each fault: its life from the timeline, and what the players of each lane felt of it from the
 * lane's ledger, its target's lane or not.
 *
 *   gap       the longest that a write waited for its answer, of those that were open when the fault struck
 *             or were sent until it was healed; counted from the fault on
 *   recovered the first moment after it from which, for one second, 99 % of the writes were acknowledged
 *             within the limit: that of the tightest p99 budget on the lane's headline action, else 100 ms
 *
 * A write that was never sent is in no ledger; its player waits for an earlier one that is.
 */
import {
  type CommonRecord,
  ledgerOutcomes,
  ledgerTypes,
  readCommonLedger,
} from "../../recording/files/ledger-format.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import { laneFile } from "../../recording/run-folder.ts";
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
  const lives = planned.map((fault) => lifeOf(reader, fault));
  const ofLanes = new Map<string, readonly Felt[]>();
  for (const lane of Object.keys(reader.run.lanes)) {
    ofLanes.set(
      lane,
      await feltBy(reader, lane, { lives, limitMs: limitOf(reader, lane, budgets) }),
    );
  }
  return lives.map((life, index) => {
    const felt = Object.fromEntries(
      [...ofLanes].flatMap(([lane, all]) => {
        const each = all[index];
        return each === undefined ? [] : [[lane, each]];
      }),
    );
    const until = (life.healedAtS ?? Number.POSITIVE_INFINITY) + detectWithinS;
    const alert = alerts.find(
      ({ firedAtS }) =>
        life.injectedAtS !== null && firedAtS >= life.injectedAtS && firedAtS <= until,
    );
    const ofTargets = worst(life.lanes.flatMap((lane) => felt[lane] ?? []));
    return { ...life, ...ofTargets, detectedAtS: alert?.firedAtS ?? null, felt };
  });
}

type Life = ReturnType<typeof lifeOf>;
type Felt = FaultResult["felt"][string];

interface Feeling {
  readonly lives: readonly Life[];
  readonly limitMs: number;
}

/** What the players of one lane felt of each fault. */
async function feltBy(
  { run, folder }: RecordingReader,
  lane: string,
  { lives, limitMs }: Feeling,
): Promise<Felt[]> {
  const watch = new FaultWatch(spansOf(lives, run.durationS), limitMs * 1000);
  const preparing = new Set(run.lanes[lane]?.preparingKinds);
  // A ledger that is missing or damaged is the checkers' to complain of.
  const write = (record: Readonly<CommonRecord>) => {
    if (preparing.has(record.kind)) return;
    if (record.type === ledgerTypes.attempt) watch.attempted(record);
    else watch.ended(record, record.outcome === ledgerOutcomes.ok);
  };
  await readCommonLedger(laneFile(folder, lane, "ledger"), { write }).catch(() => undefined);
  return lives.map((_, index) => ({ ...watch.effectOf(index), limitMs }));
}

function spansOf(lives: readonly Life[], durationS: number): (FaultSpan | undefined)[] {
  return lives.map(({ injectedAtS, healedAtS }, index) => {
    if (injectedAtS === null) return undefined;
    const next = lives.find(
      (life, at) =>
        at > index && life.injectedAtS !== null && life.injectedAtS > injectedAtS + togetherS,
    );
    return {
      injectedUs: injectedAtS * 1e6,
      healedUs: (healedAtS ?? durationS) * 1e6,
      // What a later fault does is not held against this one.
      endUs: (next?.injectedAtS ?? durationS) * 1e6,
    };
  });
}

/** Of several lanes: null, which is never, is the latest of all. */
function worst(felt: readonly Felt[]): Felt {
  const [first, ...others] = felt;
  if (first === undefined)
    return { firstAckAtS: null, gapS: null, recoveredAtS: null, limitMs: null };
  const latest = (left: number | null, right: number | null) =>
    left === null || right === null ? null : Math.max(left, right);
  const longest = (left: number | null, right: number | null) =>
    left === null || right === null ? (left ?? right) : Math.max(left, right);
  return others.reduce(
    (all, each) => ({
      firstAckAtS: latest(all.firstAckAtS, each.firstAckAtS),
      gapS: longest(all.gapS, each.gapS),
      recoveredAtS: latest(all.recoveredAtS, each.recoveredAtS),
      limitMs: all.limitMs === each.limitMs ? all.limitMs : null,
    }),
    first,
  );
}

function lifeOf(
  { timeline, run, live }: RecordingReader,
  { id, kind, target, lanes, atS, byHand }: NonNullable<RecordingReader["run"]["faults"]>[number],
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
    lanes: [...lanes],
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

/** Of the lane's headline action, in ms. */
function limitOf({ run }: RecordingReader, lane: string, budgets: readonly Budget[]): number {
  const headline = run.lanes[lane]?.headline;
  const limits = budgets.flatMap(({ subject, comparison, limit }) =>
    subject.kind === "action" &&
    subject.lane === lane &&
    subject.action === headline &&
    subject.figure === "p99" &&
    comparison.startsWith("<")
      ? [limit]
      : [],
  );
  return limits.length === 0 ? defaultLimitMs : Math.min(...limits);
}

/**
 * Seconds from the injection on; null where there is none.
 * @param lane As its players felt it; those of the target's where there is none.
 */
export function faultFigure(
  fault: FaultResult,
  figure: "detect" | "gap" | "recover",
  lane?: string,
): number | null {
  const { injectedAtS, detectedAtS } = fault;
  const felt = lane === undefined ? fault : fault.felt[lane];
  if (figure === "gap") return felt?.gapS ?? null;
  const at = figure === "detect" ? detectedAtS : (felt?.recoveredAtS ?? null);
  return at === null || injectedAtS === null ? null : at - injectedAtS;
}

/** Sentences that make a run inconclusive. */
export function faultProblems(faults: readonly FaultResult[]): string[] {
  return faults.flatMap(({ id, kind, target, problem }) =>
    problem === null ? [] : [`Fault ${id} (${kind} ${target}): ${problem}.`],
  );
}
