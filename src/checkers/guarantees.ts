/**
 * The sentences that the sessions lane promises. `final-reads.ts` can refute all but the last one,
 * which is `follower-data.ts`'s.
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
  progress: {
    id: "everything-makes-progress",
    promise: "Once everything is healed, every node does its work and every action succeeds again.",
  },
  followers: {
    id: "followers-hold-the-same-data",
    promise: "The followers, and a snapshot of one, hold the same data as the leader.",
  },
} as const;
