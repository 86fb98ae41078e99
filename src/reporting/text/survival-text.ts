/**
 * The run in one sentence: how much was acknowledged, what of it was lost or doubled, and how soon the
 * players were served again after each fault. It claims no more than the checkers could tell.
 */

import { count } from "../../metrics/quantity.ts";
import type { GuaranteeResult, Summary } from "../../verdict/summary-document.ts";

type Fault = Summary["faults"][number];

/** Beyond these, the table of faults has the rest. */
const faultsMax = 4;

/** Empty for a run whose operations were not checked at all. */
export function survivalText(summary: Summary): string {
  const ofLanes = Object.keys(summary.lanes).flatMap((lane) => {
    const text = checkedText(summary, lane);
    return text === "" ? [] : [isAlone(summary) ? text : `${lane}: ${text}`];
  });
  if (ofLanes.length === 0) return "";
  const survived = summary.faults.filter(({ injectedAtS }) => injectedAtS !== null);
  const rest = survived.length - faultsMax;
  const told = survived.slice(0, faultsMax).map((fault) => afterFault(fault, summary));
  if (rest > 0) told.push(`${rest} more faults`);
  return `${[...ofLanes, ...told].join("; ")}.`;
}

function isAlone({ lanes }: Summary): boolean {
  return Object.keys(lanes).length === 1;
}

/** Of the writes of one lane: they are identified by the lane and the guarantee's id. */
function checkedText({ guarantees }: Summary, lane: string): string {
  const ofLane = guarantees.filter((guarantee) => guarantee.lane === lane);
  const lost = ofLane.find(({ id }) => id === "nothing-acknowledged-is-lost");
  const twice = ofLane.find(({ id }) => id === "nothing-is-applied-twice");
  if (lost === undefined || twice === undefined || lost.checked === 0) return "";
  const checked = [
    `${count(lost.checked)} acknowledged${everyone(lost) ? "" : " and checked"}`,
    `${count(lost.violations)} lost`,
    `${count(twice.violations)} applied twice`,
  ].join(", ");
  return `${checked}${everyone(lost) && everyone(twice) ? "" : " (not all could be checked)"}`;
}

/** False where something could not be decided: then no number is the whole truth. */
function everyone({ outcome }: GuaranteeResult): boolean {
  return outcome !== "unknown";
}

function afterFault(fault: Fault, summary: Summary): string {
  const from = fault.injectedAtS ?? 0;
  const [only] = fault.resolvedTo;
  const target =
    fault.resolvedTo.length === 1 && only !== undefined && only !== fault.target
      ? `${fault.target} (${only})`
      : fault.target;
  const what = `${fault.kind} ${target} at ${from.toFixed(1)} s`;
  if (isAlone(summary)) {
    const [{ headline } = { headline: "" }] = Object.values(summary.lanes);
    return [what, ...feltText(fault, from, headline)].join(", ");
  }
  const ofLanes = Object.entries(summary.lanes).map(([lane, { headline }]) => {
    const felt = fault.felt[lane];
    if (felt === undefined) return `${lane} is not known`;
    return isUnnoticed(fault, lane)
      ? `${lane} never noticed`
      : `${lane} ${feltText(felt, from, headline).join(", ")}`;
  });
  return [what, ...ofLanes].join(", ");
}

type Felt = Fault["felt"][string];

/** A lane that the fault does not touch, whose writes never waited longer than they may. */
function isUnnoticed(fault: Fault, lane: string): boolean {
  const felt = fault.felt[lane];
  if (fault.lanes.includes(lane) || felt === undefined || felt.limitMs === null) return false;
  return felt.gapS !== null && 1000 * felt.gapS <= felt.limitMs;
}

function feltText({ firstAckAtS, recoveredAtS }: Felt, from: number, headline: string): string[] {
  const after = (at: number) => `${Math.max(0, at - from).toFixed(1)} s`;
  return [
    firstAckAtS === null
      ? "no new acknowledgement after it"
      : `first new acknowledgement after ${after(firstAckAtS)}`,
    recoveredAtS === null
      ? `${headline}s never within budget again`
      : `${headline}s within budget after ${after(recoveredAtS)}`,
  ];
}
