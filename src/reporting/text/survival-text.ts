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
export function survivalText({ guarantees, faults }: Summary): string {
  const lost = guarantees.find(({ id }) => id === "nothing-acknowledged-is-lost");
  const twice = guarantees.find(({ id }) => id === "nothing-is-applied-twice");
  if (lost === undefined || twice === undefined || lost.checked === 0) return "";
  const checked = [
    `${count(lost.checked)} acknowledged${everyone(lost) ? "" : " and checked"}`,
    `${count(lost.violations)} lost`,
    `${count(twice.violations)} applied twice`,
  ].join(", ");
  const unsure = everyone(lost) && everyone(twice) ? "" : " (not all could be checked)";
  const survived = faults.filter(({ injectedAtS }) => injectedAtS !== null);
  const rest = survived.length - faultsMax;
  const told = survived.slice(0, faultsMax).map(afterFault);
  if (rest > 0) told.push(`${rest} more faults`);
  return `${[checked + unsure, ...told].join("; ")}.`;
}

/** False where something could not be decided: then no number is the whole truth. */
function everyone({ outcome }: GuaranteeResult): boolean {
  return outcome !== "unknown";
}

function afterFault(fault: Fault): string {
  const from = fault.injectedAtS ?? 0;
  const after = (at: number) => `${Math.max(0, at - from).toFixed(1)} s`;
  const [only] = fault.resolvedTo;
  const target =
    fault.resolvedTo.length === 1 && only !== undefined && only !== fault.target
      ? `${fault.target} (${only})`
      : fault.target;
  const facts = [
    `${fault.kind} ${target} at ${from.toFixed(1)} s`,
    fault.firstAckAtS === null
      ? "no new acknowledgement after it"
      : `first new acknowledgement after ${after(fault.firstAckAtS)}`,
    fault.recoveredAtS === null
      ? "digs never within budget again"
      : `digs within budget after ${after(fault.recoveredAtS)}`,
  ];
  return facts.join(", ");
}
