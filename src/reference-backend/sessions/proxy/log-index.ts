/**
 * The `log` design's sessions: every record of every partition, replayed. Nothing is folded or
 * trimmed yet, so each partition begins at record 0 and goes on without a gap; anything else is
 * loud. States are small and all kept; their JSON is made on read and cached in bounds.
 */
import {
  applyOperation,
  initialState,
  revisionOf,
  type SessionState,
} from "../game/session-state.ts";
import { stateToJson } from "../game/state-json.ts";
import { decodeRecord, type LogRecord } from "../log/record.ts";
import { ByteCache } from "./byte-cache.ts";
import {
  InconsistentStore,
  type IndexedDesign,
  type SessionIndex,
  type SessionSnapshot,
  type StoreChange,
} from "./session-index.ts";

const JSON_BYTES_MAX = 100 * 1024 * 1024;
const LOG_KEY = /^\/hunt\/log\/(\d{1,6})\/(\d{12})$/;

export const LOG_DESIGN: IndexedDesign = {
  prefixes: ["/hunt/log/"],
  // From the heartbeats to the end of the log; nothing else that changes often lies between.
  watched: { key: "/hunt/beat/", rangeEnd: "/hunt/log0" },
  newIndex: () => new LogIndex(),
};

class LogIndex implements SessionIndex {
  private readonly states = new Map<string, SessionState>();
  private readonly nextRecord = new Map<string, number>();
  private readonly json = new ByteCache(JSON_BYTES_MAX);

  get size(): number {
    return this.states.size;
  }

  apply(change: StoreChange): Iterable<string> {
    const match = LOG_KEY.exec(change.key);
    if (match === null) return [];
    const [, partition = "", digits = ""] = match;
    const expected = this.nextRecord.get(partition) ?? 0;
    if (change.value === undefined || change.version !== 1 || Number(digits) !== expected) {
      const what = change.value === undefined ? "deleted" : `written as version ${change.version}`;
      throw new InconsistentStore(
        `${change.key} was ${what}; expected record ${expected} of partition ${partition}, version 1`,
      );
    }
    const touched = this.replay(change.key, change.value);
    this.nextRecord.set(partition, expected + 1);
    return touched;
  }

  revision(session: string): number | undefined {
    const state = this.states.get(session);
    return state && revisionOf(state);
  }

  read(session: string): SessionSnapshot | undefined {
    const state = this.states.get(session);
    if (state === undefined) return undefined;
    const revision = revisionOf(state);
    const cached = this.json.get(session, revision);
    if (cached !== undefined) return cached;
    const made = { revision, bytes: stateToJson(state) };
    this.json.set(session, made);
    return made;
  }

  private replay(key: string, value: Uint8Array): Set<string> {
    const touched = new Set<string>();
    try {
      const record: LogRecord = decodeRecord(value);
      for (const operation of record.operations) {
        let state = this.states.get(operation.session);
        if (state === undefined) {
          // Its first operation, session_opened, brings the seed.
          state = initialState(operation.session, 0);
          this.states.set(operation.session, state);
        }
        applyOperation(state, operation);
        touched.add(operation.session);
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new InconsistentStore(`${key} cannot be replayed: ${why}`, { cause });
    }
    return touched;
  }
}
