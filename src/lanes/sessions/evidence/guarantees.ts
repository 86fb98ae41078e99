/** The sentences that the sessions lane promises; `sessions-evidence.ts` lists the checkers that can refute them. */
import type { Guarantee } from "../../../checkers/guarantee.ts";

export const guarantees = {
  lost: {
    id: "nothing-acknowledged-is-lost",
    promise: "Every operation that was acknowledged is in the session's state after the run.",
    from: ["ledger.bin", "observed.bin"],
  },
  twice: {
    id: "nothing-is-applied-twice",
    promise: "No operation is in the session's state more than once.",
    from: ["ledger.bin", "observed.bin"],
  },
  unasked: {
    id: "nothing-else-appears",
    promise:
      "A session's state holds only operations that its player sent and that were not refused.",
    from: ["ledger.bin", "observed.bin"],
  },
  readsBack: {
    id: "reads-never-go-back",
    promise: "A player's read never returns an older state than the same player's read before it.",
    from: ["timeline.ndjson"],
  },
  readsStale: {
    id: "reads-show-what-was-acknowledged",
    promise: "A read that asks for what its player was acknowledged returns no less.",
    from: ["timeline.ndjson"],
  },
  readsLate: {
    id: "reads-are-fresh-after-a-second",
    promise:
      "A read that is sent 1 s after an acknowledgement, outside of faults, shows what was acknowledged.",
    from: ["timeline.ndjson"],
  },
  auditedReads: {
    id: "audited-reads-are-explained",
    promise:
      "The ledger explains each read of an audited player: it shows no less than the player had read before, asked for, or was acknowledged 1 s ago (outside of faults), and no more than had been sent.",
    from: ["ledger.bin"],
  },
  recordsFollow: {
    id: "log-has-no-gap",
    promise:
      "Each record of the log follows the one before it: none is missing, none is written twice, and no revision or epoch goes back.",
    from: ["audit.bin"],
  },
  deliveredOnce: {
    id: "log-holds-each-operation-once",
    promise:
      "Every acknowledged operation is in the log, and none is in it twice, was refused, or was never sent.",
    from: ["ledger.bin", "audit.bin"],
  },
  realTime: {
    id: "log-order-is-real-time-order",
    promise:
      "An operation that was acknowledged before another one was sent comes before it in the log; of all sessions.",
    from: ["ledger.bin", "audit.bin"],
  },
  closedStay: {
    id: "closed-sessions-stay-closed",
    promise: "Nothing is written to a session after its closing.",
    where: "where the log holds closings",
    from: ["audit.bin"],
  },
  replay: {
    id: "state-is-the-replay-of-the-log",
    promise: "The state that is read after the run holds exactly what the log holds.",
    from: ["audit.bin", "observed.bin"],
  },
  linearizable: {
    id: "sampled-sessions-are-linearizable",
    promise:
      "In a sample of sessions, operations applied one at a time, each before its answer, explain every answer and the final state.",
    from: ["ledger.bin", "observed.bin"],
  },
  progress: {
    id: "everything-makes-progress",
    promise: "Once everything is healed, every node does its work and every action succeeds again.",
    where: "for runs with a `liveness` phase",
    from: ["timeline.ndjson"],
  },
  followers: {
    id: "followers-hold-the-same-data",
    promise: "The followers, and a snapshot of one, hold the same data as the leader.",
    where: "for runs with a warm follower",
    from: ["timeline.ndjson"],
  },
} as const satisfies Record<string, Guarantee>;
