/**
 * The `naive` design's sessions: the whole JSON stands in the store and is handed on as it is. As much
 * of it is kept here as memory allows; the rest is read from the store again when somebody asks.
 */
import { Buffer } from "node:buffer";
import { ByteCache } from "./byte-cache.ts";
import {
  InconsistentStore,
  type IndexedDesign,
  type SessionIndex,
  type SessionSnapshot,
  type StoreChange,
} from "./session-index.ts";

const JSON_BYTES_MAX = 100 * 1024 * 1024;
const STATE_PREFIX = "/hunt/state/";
/** The revision is the second member of the document, after an id of bounded length. */
const REVISION = /"revision":(\d+)/;
const REVISION_WITHIN_BYTES = 300;

export function naiveDesign(jsonBytesMax = JSON_BYTES_MAX): IndexedDesign {
  return {
    prefixes: [STATE_PREFIX],
    watched: { key: "/hunt/beat/", rangeEnd: "/hunt/state0" },
    newIndex: () => new NaiveIndex(jsonBytesMax),
  };
}

class NaiveIndex implements SessionIndex {
  /** A new object for each change of a session: two documents may bear the same revision. */
  private readonly latest = new Map<string, { readonly revision: number }>();
  private readonly json: ByteCache;

  constructor(jsonBytesMax: number) {
    this.json = new ByteCache(jsonBytesMax);
  }

  get size(): number {
    return this.latest.size;
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

  async readAgain(
    session: string,
    readKey: (key: string) => Promise<Uint8Array | undefined>,
  ): Promise<SessionSnapshot | undefined> {
    const key = STATE_PREFIX + session;
    const before = this.latest.get(session);
    const value = await readKey(key);
    if (value === undefined) return undefined;
    const snapshot = snapshotOf(key, value);
    if (before !== undefined && this.latest.get(session) === before) {
      this.json.set(session, snapshot);
    }
    return snapshot;
  }
}

function snapshotOf(key: string, value: Uint8Array): SessionSnapshot {
  // A copy: the value is a view into the whole message that it came in.
  const bytes = Buffer.from(value);
  const revision = REVISION.exec(bytes.toString("latin1", 0, REVISION_WITHIN_BYTES))?.[1];
  if (revision === undefined) throw new InconsistentStore(`${key} holds no session state`);
  return { revision: Number(revision), bytes };
}
