/** What a node of an engine says of itself. */
export interface EngineHealth {
  readonly healthy: boolean;
  /** What it is at the moment, where that can change. */
  readonly role?: string;
  /** A few words for a person. */
  readonly detail: string;
}
