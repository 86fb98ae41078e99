/** The sentences that the sessions lane promises, and that `final-reads.ts` can refute. */
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
} as const;
