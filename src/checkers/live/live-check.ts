/** What a lane can tell of a run while its files are written: early news of what its checkers say after the load. */
export interface LiveCheck {
  /** Its files were closed by their writers and read: nothing more will come. */
  readonly isOver: boolean;
  /**
   * Reads on, a bounded part.
   * @param nowMs of a monotonic clock.
   * @returns false when there is more to be read already.
   * @throws Error when a file can't be read.
   */
  step(nowMs: number): Promise<boolean>;
  counts(nowMs: number): LiveCounts;
  /** The first violation of each kind, once. */
  news(): readonly LiveViolation[];
  close(): Promise<void>;
}

export interface LiveCounts {
  /** By name; null: it can't be told now. */
  readonly figures: Readonly<Record<string, number | null>>;
  /** Why what is null is not known. */
  readonly doubt?: string | undefined;
}

export interface LiveViolation {
  /** Its kind, in a word. */
  readonly what: string;
  /** The id of the guarantee that it breaks. */
  readonly guarantee: string;
  readonly story: string;
}
