/**
 * The `delta` design's sessions (docs/delta-format.md, "What the proxy holds"): an LRU of states that every
 * further delta advances. A state that is not in it is read from the store: all keys of the session at
 * the revision applied last, its base and the deltas after it; deltas that come before the answer are noted,
 * and applied to what was read. A fold changes no state, so bases and deletes are passed over.
 */

import { type Delta, decodeDelta } from "../../delta/format/delta.ts";
import { deltaPrefix, parseDeltaKey, sessionPrefix } from "../../delta/format/delta-keys.ts";
import { storedSession } from "../../delta/format/stored-session.ts";
import {
  applyOperation,
  initialState,
  revisionOf,
  type SessionState,
} from "../../game/session-state.ts";
import { beatPrefix, prefixEnd } from "../../log/format/keys.ts";
import type { StoreChange } from "../core/proxy-outbox.ts";
import {
  InconsistentStore,
  type IndexedDesign,
  type IndexFigures,
  type IndexRange,
  type SessionIndex,
  type SessionSnapshot,
  understand,
  type WarmUp,
} from "./session-index.ts";
import { type CacheEntry, StateCache } from "./state-cache.ts";

const deltas = { start: deltaPrefix, end: prefixEnd(deltaPrefix) };

/** @param newCache other than the intact one only where a bug is planted on purpose. */
export function deltaDesign(
  cacheBytesMax: number,
  newCache: (bytesMax: number) => StateCache = (bytesMax) => new StateCache(bytesMax),
): IndexedDesign {
  return {
    // No state is needed to begin with: it tells the revision from which the watch goes on.
    loaded: [{ start: beatPrefix, end: prefixEnd(beatPrefix) }],
    watched: { start: beatPrefix, end: deltas.end },
    newIndex: () => new DeltaSessions(newCache(cacheBytesMax)),
  };
}

/** Deltas that came since a read was begun, oldest first. */
type NewerDeltas = Map<string, Delta[]>;

class DeltaSessions implements SessionIndex {
  readonly #cache: StateCache;
  readonly #misses: NewerDeltas = new Map();
  #newerThanPage: NewerDeltas | undefined;

  constructor(cache: StateCache) {
    this.#cache = cache;
  }

  get figures(): IndexFigures {
    const { size, bytes, evictions } = this.#cache;
    return { states: size, cacheBytes: bytes, tailBytes: 0, evictions };
  }

  readonly warmUp: WarmUp = {
    ...deltas,
    beginPage: () => {
      this.#newerThanPage = new Map();
    },
    endPage: (values, more) => this.#warm(values, more),
    giveUpPage: () => {
      this.#newerThanPage = undefined;
    },
  };

  apply({ key, value, version }: StoreChange): Iterable<string> {
    const parsed = parseDeltaKey(key);
    if (parsed?.n === undefined || value === undefined) return [];
    const { session, n } = parsed;
    if (version !== 1) {
      throw new InconsistentStore(`${key} was written as version ${version}, expected 1`);
    }
    understand(key, () => this.#applyDelta(session, n, decodeDelta(session, value)));
    return [session];
  }

  revision(session: string): number | "store" {
    const entry = this.#cache.get(session);
    return entry === undefined ? "store" : revisionOf(entry.state);
  }

  read(session: string): SessionSnapshot | undefined {
    const entry = this.#cache.get(session);
    return entry && this.#cache.json(entry);
  }

  beginMiss(session: string): IndexRange {
    this.#misses.set(session, []);
    const start = sessionPrefix(session);
    return { start, end: prefixEnd(start) };
  }

  endMiss(session: string, values: readonly StoreChange[]): SessionSnapshot | undefined {
    const newer = this.#misses.get(session) ?? [];
    this.#misses.delete(session);
    // Opened, or read by the warm-up, while the store was asked.
    const entry = this.#cache.get(session) ?? this.#restore(session, values, newer);
    return entry && this.#cache.json(entry);
  }

  giveUpMiss(session: string): void {
    this.#misses.delete(session);
  }

  tidy(): boolean {
    return false;
  }

  #applyDelta(session: string, n: number, delta: Delta): void {
    this.#misses.get(session)?.push(delta);
    if (this.#newerThanPage !== undefined) {
      const others = this.#newerThanPage.get(session);
      if (others === undefined) this.#newerThanPage.set(session, [delta]);
      else others.push(delta);
    }
    const entry = this.#cache.get(session);
    if (entry !== undefined) {
      advance(entry.state, delta);
      this.#cache.changed(entry);
    } else if (n === 1) {
      const state = initialState(session, 0);
      advance(state, delta);
      this.#cache.add(state);
    }
  }

  #restore(
    session: string,
    values: readonly StoreChange[],
    newer: readonly Delta[],
  ): CacheEntry | undefined {
    if (values.length === 0 && newer.length === 0) return undefined;
    return this.#cache.add(stateFrom(session, values, newer));
  }

  /** Whole sessions only: one that the page cuts in two begins the next page. */
  #warm(values: readonly StoreChange[], more: boolean): string | undefined {
    const newer = this.#newerThanPage ?? new Map<string, Delta[]>();
    this.#newerThanPage = undefined;
    const bySession = Map.groupBy(values, ({ key }) => parseDeltaKey(key)?.session);
    const last = parseDeltaKey(values.at(-1)?.key ?? "")?.session;
    const cut = more && bySession.size > 1 ? last : undefined;
    for (const [session, ofSession] of bySession) {
      if (session === undefined || session === cut) continue;
      if (this.#cache.get(session) !== undefined) continue;
      const state = stateFrom(session, ofSession, newer.get(session) ?? []);
      if (!this.#cache.addOldest(state)) return undefined;
    }
    return cut === undefined ? `${values.at(-1)?.key ?? deltas.start}\0` : sessionPrefix(cut);
  }
}

function stateFrom(
  session: string,
  values: readonly StoreChange[],
  newer: readonly Delta[],
): SessionState {
  return understand(`session ${session}`, () => {
    const { base, deltas } = storedSession(session, values);
    const state = base?.state ?? initialState(session, 0);
    for (const delta of [...deltas, ...newer]) advance(state, delta);
    return state;
  });
}

function advance(state: SessionState, delta: Delta): void {
  if (delta.revision !== revisionOf(state)) {
    throw new InconsistentStore(
      `a delta from revision ${delta.revision} of session ${state.session} follows revision ${revisionOf(state)}`,
    );
  }
  for (const operation of delta.operations) applyOperation(state, operation);
}
