/** How a drill went, in lines: its times, its score, where the points went, its runbook. */
import type { DrillResult, Summary } from "../verdict/summary-document.ts";
import { short } from "./quantity.ts";

export function drillText({ drill, topology }: Summary): string[] {
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
    ...electionsText(drill, topology),
    ...given,
    drill.score === null
      ? `no score: ${drill.unscored ?? "not known"}`
      : `score ${drill.score} of 100 (${points.join(", ")})`,
    `runbook: ${drill.runbook}`,
    ...drill.steps.map((step, index) => `${index + 1}. ${step}`),
  ];
}

function electionsText(
  { elections, mitigatedAfterS }: DrillResult,
  topology: Summary["topology"],
): string[] {
  if (elections === null || mitigatedAfterS === null || topology === null) return [];
  const { heartbeatMs, electionMs } = topology.raftTimers;
  const rate =
    mitigatedAfterS > 0 ? ` (${short((60 * elections) / mitigatedAfterS)} a minute)` : "";
  return [`elections until then: ${elections}${rate}, raft timers ${heartbeatMs}/${electionMs} ms`];
}
