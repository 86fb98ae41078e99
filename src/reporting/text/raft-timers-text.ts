/** A drill that was played with several profiles of raft timers: a row for each. */
import type { Summary } from "../../verdict/summary-document.ts";
import { milliseconds, short } from "./quantity.ts";
import { textTable } from "./text-table.ts";

export function raftTimersText(runs: readonly Summary[]): string {
  const rows = runs.map((run) => {
    const { drill, faults, topology } = run;
    const waits = faults.flatMap(({ gapS }) => gapS ?? []);
    const until = drill?.mitigatedAfterS ?? null;
    const perMinute =
      drill === null || drill.elections === null || until === null || until === 0
        ? "-"
        : short((60 * drill.elections) / until);
    return [
      topology === null
        ? "-"
        : `${topology.raftTimers.heartbeatMs}/${topology.raftTimers.electionMs} ms`,
      String(drill?.elections ?? "-"),
      perMinute,
      waits.length === 0 ? "-" : milliseconds(1000 * Math.max(...waits)),
      drill?.recoveredAfterS == null ? "never" : `${short(drill.recoveredAfterS)} s`,
      String(drill?.score ?? "-"),
      run.verdict.outcome,
    ];
  });
  const heads = [
    "raft timers",
    "elections",
    "a minute",
    "longest wait ms",
    "steady after",
    "score",
    "verdict",
  ];
  return `${["", ...textTable(heads, rows), "The last one decides the exit code."].join("\n")}\n`;
}
