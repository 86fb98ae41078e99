/**
 * The `naive` design's sessions: the whole JSON stands in the store and is handed on as it is. As much
 * of it is kept here as memory allows; the rest is read from the store again when somebody asks.
 */
import { Buffer } from "node:buffer";
import type { StoreChange } from "../core/proxy-outbox.ts";
import { ByteCache } from "../serving/byte-cache.ts";
import {
  InconsistentStore,
  type IndexedDesign,
  type IndexFigures,
  type IndexRange,
  type SessionIndex,
  type SessionSnapshot,
} from "./session-index.ts";

const statePrefix = "/hunt/state/";
const states = { start: statePrefix, end: "/hunt/state0" };
/** The revision is the second member of the document, after an id of bounded length. */
const revisionField = /"revision":(\d+)/;
const revisionWithinBytes = 300;

export function naiveDesign(jsonBytesMax: number): IndexedDesign {
  return {
    loaded: [states],
    watched: { start: "/hunt/beat/", end: states.end },
    newIndex: () => new NaiveSessions(jsonBytesMax),
  };
}

class NaiveSessions implements SessionIndex {
  /** A new object for each change of a session: two documents may bear the same revision. */
  readonly #latest = new Map<string, { readonly revision: number }>();
  readonly #misses = new Map<string, { readonly revision: number } | undefined>();
  readonly #json: ByteCache;

  constructor(jsonBytesMax: number) {
    this.#json = new ByteCache(jsonBytesMax);
  }

  get figures(): IndexFigures {
    const { bytes, evictions } = this.#json;
    return { states: this.#json.size, cacheBytes: bytes, tailBytes: 0, evictions };
  }

  apply({ key, value }: StoreChange): Iterable<string> {
    if (!key.startsWith(statePrefix)) return [];
    const session = key.slice(statePrefix.length);
    if (value === undefined) {
      this.#latest.delete(session);
      return [session];
    }
    const snapshot = snapshotOf(key, value);
    this.#latest.set(session, { revision: snapshot.revision });
    this.#json.set(session, snapshot);
    return [session];
  }

  revision(session: string): number | undefined {
    return this.#latest.get(session)?.revision;
  }

  read(session: string): SessionSnapshot | undefined {
    const latest = this.#latest.get(session);
    return latest && this.#json.get(session, latest.revision);
  }

  beginMiss(session: string): IndexRange {
    this.#misses.set(session, this.#latest.get(session));
    return { start: statePrefix + session, end: undefined };
  }

  endMiss(session: string, [read]: readonly StoreChange[]): SessionSnapshot | undefined {
    const before = this.#misses.get(session);
    this.#misses.delete(session);
    if (read?.value === undefined) return undefined;
    const snapshot = snapshotOf(statePrefix + session, read.value);
    if (before !== undefined && this.#latest.get(session) === before) {
      this.#json.set(session, snapshot);
    }
    return snapshot;
  }

  giveUpMiss(session: string): void {
    this.#misses.delete(session);
  }

  tidy(): boolean {
    return false;
  }
}

function snapshotOf(key: string, value: Uint8Array): SessionSnapshot {
  // A copy: the value is a view into the whole message that it came in.
  const bytes = Buffer.from(value);
  const revision = revisionField.exec(bytes.toString("latin1", 0, revisionWithinBytes))?.[1];
  if (revision === undefined) throw new InconsistentStore(`${key} holds no session state`);
  return { revision: Number(revision), bytes };
}
