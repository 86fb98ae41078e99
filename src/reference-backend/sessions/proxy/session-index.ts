/** The latest state of every session, built from the store's keys in the order of their revisions. */

/** One key of the store as it was written. */
export interface StoreChange {
  readonly key: string;
  /** Undefined: the key was deleted. */
  readonly value: Uint8Array | undefined;
  /** How often the key was written since it was created; 0 when it was deleted. */
  readonly version: number;
}

export interface SessionSnapshot {
  readonly revision: number;
  /** JSON, 3-4 KB. */
  readonly bytes: Uint8Array;
}

export interface SessionIndex {
  /**
   * Takes the next change and names the sessions it concerns.
   * @throws InconsistentStore when it cannot follow from what came before.
   */
  apply(change: StoreChange): Iterable<string>;
  revision(session: string): number | undefined;
  /** Undefined where `revision` is known: given up for lack of room, `readAgain` gets it. */
  read(session: string): SessionSnapshot | undefined;
  /** `readKey` reads a key of the store as it was at the last change applied. */
  readAgain?(
    session: string,
    readKey: (key: string) => Promise<Uint8Array | undefined>,
  ): Promise<SessionSnapshot | undefined>;
  /** Sessions held. */
  readonly size: number;
}

/** What an index needs to know of its design's keys. */
export interface IndexedDesign {
  /** Loaded at start, in this order. */
  readonly prefixes: readonly string[];
  /** One watch that covers the prefixes and the heartbeats, so that their order is kept. */
  readonly watched: { readonly key: string; readonly rangeEnd: string };
  newIndex(): SessionIndex;
}

/** A record is missing, changed or not understood: skipping it would lose an acknowledged write. */
export class InconsistentStore extends Error {
  override readonly name = "InconsistentStore";
}
