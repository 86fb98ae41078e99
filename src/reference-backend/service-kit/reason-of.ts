/** Why something failed, as text. `catch` gives `unknown`: what is thrown need not be an Error. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
