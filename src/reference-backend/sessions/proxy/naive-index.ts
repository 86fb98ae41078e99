/** The `naive` design's sessions: the whole JSON stands in the store and is handed on as it is. */
import { Buffer } from "node:buffer";
import {
  InconsistentStore,
  type IndexedDesign,
  type SessionIndex,
  type SessionSnapshot,
  type StoreChange,
} from "./session-index.ts";

const STATE_PREFIX = "/hunt/state/";
/** The revision is the second member of the document, after an id of bounded length. */
const REVISION = /"revision":(\d+)/;
const REVISION_WITHIN_BYTES = 300;

export const NAIVE_DESIGN: IndexedDesign = {
  prefixes: [STATE_PREFIX],
  watched: { key: "/hunt/beat/", rangeEnd: "/hunt/state0" },
  newIndex: () => new NaiveIndex(),
};

class NaiveIndex implements SessionIndex {
  private readonly snapshots = new Map<string, SessionSnapshot>();

  get size(): number {
    return this.snapshots.size;
  }

  apply({ key, value }: StoreChange): Iterable<string> {
    if (!key.startsWith(STATE_PREFIX)) return [];
    const session = key.slice(STATE_PREFIX.length);
    if (value === undefined) {
      this.snapshots.delete(session);
      return [session];
    }
    // A copy: the value is a view into the whole message that it came in.
    const bytes = Buffer.from(value);
    const revision = REVISION.exec(bytes.toString("latin1", 0, REVISION_WITHIN_BYTES))?.[1];
    if (revision === undefined) throw new InconsistentStore(`${key} holds no session state`);
    this.snapshots.set(session, { revision: Number(revision), bytes });
    return [session];
  }

  revision(session: string): number | undefined {
    return this.snapshots.get(session)?.revision;
  }

  read(session: string): SessionSnapshot | undefined {
    return this.snapshots.get(session);
  }
}
