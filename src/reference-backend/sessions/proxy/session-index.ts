/** The sessions of one design, built from the store's keys in the order of their revisions. */
import type { StoreChange } from "./proxy-outbox.ts";

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
  /** Undefined: no such session. "store": only the store can tell, see `beginMiss`. */
  revision(session: string): number | "store" | undefined;
  /** Undefined where `revision` is a number: the bytes were given up for lack of room, as "store". */
  read(session: string): SessionSnapshot | undefined;
  /** The key to be read at the revision applied last; changes are noted from now on. */
  beginMiss(session: string): string;
  /**
   * What that key held then, brought up to date. Undefined: no such session.
   * @throws InconsistentStore
   */
  endMiss(session: string, value: Uint8Array | undefined): SessionSnapshot | undefined;
  /** Nobody waits for it any more, or it is begun again. */
  giveUpMiss(session: string): void;
  /** What is worth reading in the background after a load. */
  readonly warmUp?: WarmUp;
  /** Up to `operations` of work that was put off; true: there is more. */
  tidy(operations: number): boolean;
  readonly figures: IndexFigures;
}

/** Pages of keys, each read at the revision applied last; changes are noted from `beginPage` on. */
export interface WarmUp {
  readonly start: string;
  readonly end: string;
  beginPage(): void;
  /** True: there is room for more. */
  endPage(values: readonly StoreChange[]): boolean;
  giveUpPage(): void;
}

export interface IndexFigures {
  /** Sessions whose state is in memory. */
  readonly states: number;
  readonly cacheBytes: number;
  readonly tailBytes: number;
  readonly evictions: number;
}

/** What the core needs to know of a design's keys. */
export interface IndexedDesign {
  /** Loaded at start, in this order; a range without an end is one key. */
  readonly loaded: readonly { readonly start: string; readonly end: string | undefined }[];
  /** One watch that covers what is loaded and the heartbeats, so that their order is kept. */
  readonly watched: { readonly start: string; readonly end: string };
  newIndex(): SessionIndex;
}

/** A record is missing, changed or not understood: skipping it would lose an acknowledged write. */
export class InconsistentStore extends Error {
  override readonly name = "InconsistentStore";
}
