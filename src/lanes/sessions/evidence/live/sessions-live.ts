/** While a run of the design `log` goes on, its log is held against its ledger. */
import type { LiveEvidence } from "../../../../checkers/lane-evidence.ts";
import { laneFile } from "../../../../recording/run-folder.ts";
import { sessionsId } from "../sessions-context.ts";
import { LiveLogCheck } from "./live-log-check.ts";

export const sessionsLive: LiveEvidence = {
  series: "check",
  watches: ({ lanes }) => lanes[sessionsId]?.observers["auditor"] === true,
  begin: (folder, faults) =>
    new LiveLogCheck(
      {
        ledger: laneFile(folder, sessionsId, "ledger"),
        audit: laneFile(folder, sessionsId, "audit"),
      },
      faults,
    ),
};
