/** How a drill went, in lines: its times, its score, where the points went, its runbook. */

import { short } from "../../metrics/quantity.ts";
import type { DrillResult, Summary } from "../../verdict/summary-document.ts";

export function drillText(summary: Summary): string[] {
  const { drill } = summary;
  if (drill === null) return [];
  const after = (seconds: number | null) => (seconds === null ? "never" : `${short(seconds)} s`);
  const { detectedAfterS, mitigatedAfterS, recoveredAfterS, redundantAfterS } = drill;
  const acknowledged =
    drill.interactive === true ? `, acknowledged ${after(drill.acknowledgedAfterS)}` : "";
  const mended =
    drill.interactive === true && !drill.gaveUp ? "repaired by the operator" : "healed by hunt";
  const fault =
    drill.faultAtS === null
      ? "the fault did not fire"
      : `fault at ${short(drill.faultAtS)} s; after it: first alert ${detectedAfterS === null ? "none" : after(detectedAfterS)}${acknowledged}, ${mended} ${after(mitigatedAfterS)}, steady state again ${after(recoveredAfterS)}, every node serves ${after(redundantAfterS)}`;
  const given = drill.gaveUp ? ["the operator gave up"] : [];
  const points = drill.points.map(({ part, got, most }) => `${part} ${got} of ${most}`);
  return [
    `steady state before (${drill.steadyState.join(", ")}): ${drill.steadyBefore ? "held" : "NOT HELD"}`,
    fault,
    ...electionsText(drill, summary),
    ...given,
    ...timeline(summary),
    drill.score === null
      ? `no score: ${drill.unscored ?? "not known"}`
      : `score ${drill.score} of 100 (${points.join(", ")})`,
    `runbook: ${drill.runbook}`,
    ...drill.steps.map((step, index) => `${index + 1}. ${step}`),
  ];
}

function electionsText({ elections, mitigatedAfterS }: DrillResult, { lanes }: Summary): string[] {
  if (elections === null || mitigatedAfterS === null) return [];
  const variants = Object.values(lanes).flatMap(({ variant }) =>
    variant === undefined ? [] : [`, ${variant.what} ${variant.value} ${variant.unit}`],
  );
  const rate =
    mitigatedAfterS > 0 ? ` (${short((60 * elections) / mitigatedAfterS)} a minute)` : "";
  return [`elections until then: ${elections}${rate}${variants.join("")}`];
}

/** What came when, seconds from the fault on, in order. */
function timeline({ drill, faults, alerts }: Summary): string[] {
  const fromS = drill?.faultAtS ?? null;
  if (drill === null || fromS === null) return [];
  const happened: [number | null, string][] = [
    ...faults.flatMap(({ id, resolvedTo, ...fault }): [number | null, string][] => [
      [fault.injectedAtS, `${id} injected on ${shortList(resolvedTo)}`],
      [fault.firstAckAtS, `first acknowledgement of a write sent after ${id}`],
      [fault.healedAtS, `${id} healed`],
      [fault.restoredAtS, `the targets of ${id} serve`],
    ]),
    ...alerts.flatMap(({ budget, firedAtS, resolvedAtS }): [number | null, string][] => [
      [firedAtS, `alert: ${budget}`],
      [resolvedAtS, `resolved: ${budget}`],
    ]),
    [after(fromS, drill.acknowledgedAfterS), "acknowledged by the operator"],
    [after(fromS, drill.recoveredAfterS), "steady state again, for 5 s and more"],
  ];
  const known = happened.flatMap(([atS, what]) => (atS === null ? [] : [{ atS, what }]));
  return known
    .toSorted((left, right) => left.atS - right.atS)
    .map(({ atS, what }) => `${(atS - fromS).toFixed(1).padStart(5)} s  ${what}`);
}

function after(fromS: number, seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : fromS + seconds;
}

function shortList(names: readonly string[]): string {
  const [first = "nothing", ...more] = names;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
