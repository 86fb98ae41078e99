/** A sentence that a lane promises; identity is the lane and the id. */
export interface Guarantee {
  readonly id: string;
  readonly promise: string;
  /** When it is promised, where that is not always: the end of a sentence, for `docs/guarantees.md`. */
  readonly where?: string;
  /** The files that refute it, for `docs/guarantees.md`. */
  readonly from: readonly string[];
}
