/** How a recording of sessions is judged: `docs/guarantees.md`. */
import { laneEvidence } from "../../../checkers/lane-evidence.ts";
import { liveness } from "../../../checkers/liveness.ts";
import { guarantees } from "./guarantees.ts";
import { sessionsLive } from "./live/sessions-live.ts";
import { logChecker } from "./log/log-checker.ts";
import { auditedReads } from "./reads/audited-reads.ts";
import { finalReads } from "./reads/final-reads.ts";
import { comparedReads } from "./reads/reads.ts";
import { followerData } from "./replicas/follower-data.ts";
import { linearizability } from "./replicas/linearizability.ts";
import { openSessions, type SessionsContext } from "./sessions-context.ts";

export const sessionsEvidence = laneEvidence<SessionsContext>({
  lane: "sessions",
  checkers: [
    finalReads,
    logChecker,
    comparedReads,
    auditedReads,
    followerData,
    liveness(guarantees.progress),
    linearizability,
  ],
  open: openSessions,
  files: ({ ledger, audit, observed }) => [ledger, audit, observed],
  notYet: "sessions are read back and checked when the load has ended",
  live: sessionsLive,
});
