/** A session's liveness is a key of its own in `naive` and `delta`; a lease that ends takes it, never the state. */
export function liveKey(session: string): string {
  return `/hunt/live/${session}`;
}
