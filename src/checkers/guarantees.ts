/**
 * The sentences that the sessions lane promises. `final-reads.ts` can refute the first three, `reads.ts`
 * those on reads, `audited-reads.ts` the one on audited reads, `log-checker.ts` those on the log, `linearizability.ts`, `liveness.ts` and `follower-data.ts` one each.
 */
export const guarantees = {
  lost: {
    id: "nothing-acknowledged-is-lost",
    promise: "Every operation that was acknowledged is in the session's state after the run.",
  },
  twice: {
    id: "nothing-is-applied-twice",
    promise: "No operation is in the session's state more than once.",
  },
  unasked: {
    id: "nothing-else-appears",
    promise:
      "A session's state holds only operations that its player sent and that were not refused.",
  },
  readsBack: {
    id: "reads-never-go-back",
    promise: "A player's read never returns an older state than the same player's read before it.",
  },
  readsStale: {
    id: "reads-show-what-was-acknowledged",
    promise: "A read that asks for what its player was acknowledged returns no less.",
  },
  readsLate: {
    id: "reads-are-fresh-after-a-second",
    promise:
      "A read that is sent 1 s after an acknowledgement, outside of faults, shows what was acknowledged.",
  },
  auditedReads: {
    id: "audited-reads-are-explained",
    promise:
      "The ledger explains each read of an audited player: it shows no less than the player had read before, asked for, or was acknowledged 1 s ago (outside of faults), and no more than had been sent.",
  },
  recordsFollow: {
    id: "log-has-no-gap",
    promise:
      "Each record of the log follows the one before it: none is missing, none is written twice, and no revision or epoch goes back.",
  },
  deliveredOnce: {
    id: "log-holds-each-operation-once",
    promise:
      "Every acknowledged operation is in the log, and none is in it twice, was refused, or was never sent.",
  },
  realTime: {
    id: "log-order-is-real-time-order",
    promise:
      "An operation that was acknowledged before another one was sent comes before it in the log; of all sessions.",
  },
  closedStay: {
    id: "closed-sessions-stay-closed",
    promise: "Nothing is written to a session after its closing.",
  },
  replay: {
    id: "state-is-the-replay-of-the-log",
    promise: "The state that is read after the run holds exactly what the log holds.",
  },
  linearizable: {
    id: "sampled-sessions-are-linearizable",
    promise:
      "In a sample of sessions, operations applied one at a time, each before its answer, explain every answer and the final state.",
  },
  progress: {
    id: "everything-makes-progress",
    promise: "Once everything is healed, every node does its work and every action succeeds again.",
  },
  followers: {
    id: "followers-hold-the-same-data",
    promise: "The followers, and a snapshot of one, hold the same data as the leader.",
  },
} as const;
