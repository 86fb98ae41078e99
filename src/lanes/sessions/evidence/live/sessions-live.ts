/** While a run of the design `log` goes on, its log is held against its ledger. */
import type { LiveEvidence } from "../../../../checkers/lane-evidence.ts";
import { runFile } from "../../../../recording/run-folder.ts";
import { LiveLogCheck } from "./live-log-check.ts";

export const sessionsLive: LiveEvidence = {
  series: "check",
  watches: ({ auditor }) => auditor === true,
  begin: (folder, faults) =>
    new LiveLogCheck(
      { ledger: runFile(folder, "ledger"), audit: runFile(folder, "audit") },
      faults,
    ),
};
