/** Why something failed, as text for a message. `catch` gives `unknown`: what is thrown need not be an Error. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The same of what `fetch` throws: it hides what happened ("ECONNREFUSED") in the cause. */
export function innerReasonOf(thrown: unknown): string {
  return reasonOf(thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown);
}
