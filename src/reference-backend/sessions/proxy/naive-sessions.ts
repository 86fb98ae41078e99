/**
 * The `naive` design's sessions: the whole JSON stands in the store and is handed on as it is. As much
 * of it is kept here as memory allows; the rest is read from the store again when somebody asks.
 */
import { Buffer } from "node:buffer";
import { ByteCache } from "./byte-cache.ts";
import type { StoreChange } from "./proxy-outbox.ts";
import {
  InconsistentStore,
  type IndexedDesign,
  type IndexFigures,
  type IndexRange,
  type SessionIndex,
  type SessionSnapshot,
} from "./session-index.ts";

const STATE_PREFIX = "/hunt/state/";
const STATES = { start: STATE_PREFIX, end: "/hunt/state0" };
/** The revision is the second member of the document, after an id of bounded length. */
const REVISION_FIELD = /"revision":(\d+)/;
const REVISION_WITHIN_BYTES = 300;

export function naiveDesign(jsonBytesMax: number): IndexedDesign {
  return {
    loaded: [STATES],
    watched: { start: "/hunt/beat/", end: STATES.end },
    newIndex: () => new NaiveSessions(jsonBytesMax),
  };
}

class NaiveSessions implements SessionIndex {
  /** A new object for each change of a session: two documents may bear the same revision. */
  private readonly latest = new Map<string, { readonly revision: number }>();
  private readonly misses = new Map<string, { readonly revision: number } | undefined>();
  private readonly json: ByteCache;

  constructor(jsonBytesMax: number) {
    this.json = new ByteCache(jsonBytesMax);
  }

  get figures(): IndexFigures {
    const { bytes, evictions } = this.json;
    return { states: this.json.size, cacheBytes: bytes, tailBytes: 0, evictions };
  }

  apply({ key, value }: StoreChange): Iterable<string> {
    if (!key.startsWith(STATE_PREFIX)) return [];
    const session = key.slice(STATE_PREFIX.length);
    if (value === undefined) {
      this.latest.delete(session);
      return [session];
    }
    const snapshot = snapshotOf(key, value);
    this.latest.set(session, { revision: snapshot.revision });
    this.json.set(session, snapshot);
    return [session];
  }

  revision(session: string): number | undefined {
    return this.latest.get(session)?.revision;
  }

  read(session: string): SessionSnapshot | undefined {
    const latest = this.latest.get(session);
    return latest && this.json.get(session, latest.revision);
  }

  beginMiss(session: string): IndexRange {
    this.misses.set(session, this.latest.get(session));
    return { start: STATE_PREFIX + session, end: undefined };
  }

  endMiss(session: string, [read]: readonly StoreChange[]): SessionSnapshot | undefined {
    const before = this.misses.get(session);
    this.misses.delete(session);
    if (read?.value === undefined) return undefined;
    const snapshot = snapshotOf(STATE_PREFIX + session, read.value);
    if (before !== undefined && this.latest.get(session) === before) {
      this.json.set(session, snapshot);
    }
    return snapshot;
  }

  giveUpMiss(session: string): void {
    this.misses.delete(session);
  }

  tidy(): boolean {
    return false;
  }
}

function snapshotOf(key: string, value: Uint8Array): SessionSnapshot {
  // A copy: the value is a view into the whole message that it came in.
  const bytes = Buffer.from(value);
  const revision = REVISION_FIELD.exec(bytes.toString("latin1", 0, REVISION_WITHIN_BYTES))?.[1];
  if (revision === undefined) throw new InconsistentStore(`${key} holds no session state`);
  return { revision: Number(revision), bytes };
}
