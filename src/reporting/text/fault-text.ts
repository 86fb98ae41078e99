/** What a fault did, in a sentence. */

import { short } from "../../metrics/quantity.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { milliseconds } from "./quantity.ts";

const healers = {
  plan: "",
  operator: " by hand",
  warden: " by its warden, since hunt itself did not,",
} as const;

export function faultText(fault: Summary["faults"][number]): string {
  const to = fault.resolvedTo.filter((node) => node !== fault.target).join(", ");
  const by = fault.injectedBy === "operator" ? " by hand" : "";
  const what = `${fault.kind} ${fault.target}${to === "" ? "" : ` (${to})`}${by}`;
  const { injectedAtS } = fault;
  if (injectedAtS === null) return `${what}: ${fault.problem ?? "it did not fire"}`;
  const after = (at: number | null) =>
    at === null ? undefined : `${Math.max(0, at - injectedAtS).toFixed(1)} s`;
  const facts = [
    [after(fault.firstAckAtS), "first new acknowledgement after"],
    [
      fault.gapS === null ? undefined : `${milliseconds(1000 * fault.gapS)} ms`,
      "longest wait for an answer",
    ],
    [after(fault.recoveredAtS), `99 % within ${short(fault.limitMs)} ms after`],
    [after(fault.detectedAtS), "alert after"],
    [after(fault.healedAtS), `healed${healers[fault.healedBy ?? "plan"]} after`],
    [after(fault.restoredAtS), "all nodes serve again after"],
  ].flatMap(([value, words]) => (value === undefined ? [] : [`${words} ${value}`]));
  const proof = fault.evidence === null ? "NO EVIDENCE" : fault.evidence;
  const problem = fault.problem === null ? "" : `; PROBLEM: ${fault.problem}`;
  return `${what} at ${injectedAtS.toFixed(1)} s: ${facts.join(", ")}; evidence: ${proof}${problem}`;
}
