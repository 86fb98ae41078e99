/** The sessions of one design, built from the store's keys in the order of their revisions. */
import { reasonOf } from "../../../service-kit/reason-of.ts";
import type { StoreChange } from "../core/proxy-outbox.ts";

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
  /** The keys to be read at the revision applied last; changes are noted from now on. */
  beginMiss(session: string): IndexRange;
  /**
   * What those keys held then, brought up to date. Undefined: no such session.
   * @throws InconsistentStore
   */
  endMiss(session: string, values: readonly StoreChange[]): SessionSnapshot | undefined;
  /** Nobody waits for it any more, or it is begun again. */
  giveUpMiss(session: string): void;
  /** What is worth reading in the background after a load. */
  readonly warmUp?: WarmUp;
  /** Up to `operations` of work that was put off; true: there is more. */
  tidy(operations: number): boolean;
  readonly figures: IndexFigures;
}

export interface IndexRange {
  readonly start: string;
  /** Not included; undefined: the one key `start`. */
  readonly end: string | undefined;
}

/** Pages of keys, each read at the revision applied last; changes are noted from `beginPage` on. */
export interface WarmUp {
  readonly start: string;
  readonly end: string;
  beginPage(): void;
  /** `more`: keys follow. Returns where the next page begins; undefined: there is no room for more. */
  endPage(values: readonly StoreChange[], more: boolean): string | undefined;
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
  /** Loaded at start, in this order. */
  readonly loaded: readonly IndexRange[];
  /** One watch that covers what is loaded and the heartbeats, so that their order is kept. */
  readonly watched: { readonly start: string; readonly end: string };
  newIndex(): SessionIndex;
}

/** A record is missing, changed or not understood: skipping it would lose an acknowledged write. */
export class InconsistentStore extends Error {
  override readonly name = "InconsistentStore";
}

/** Whatever cannot be understood is the store's contradiction. @throws InconsistentStore */
export function understand<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof InconsistentStore) throw cause;
    const why = reasonOf(cause);
    throw new InconsistentStore(`${what} cannot be replayed: ${why}`, { cause });
  }
}
