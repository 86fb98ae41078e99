/**
 * The `log` design's sessions (docs/session-log-format.md, "What the proxy holds"): the operations of
 * the untrimmed records by session, and an LRU of states that every further record advances. A state
 * that is not in it is its base plus the operations of later records.
 *
 * A base arrives after it was asked for, at a later revision than it was read at. It is still right
 * together with the operations kept by then, unless the session's base was written meanwhile: a
 * record goes only once bases cover it. So bases written meanwhile are noted and used instead.
 */
import { applyOperation, initialState, layout, revisionOf } from "../../game/session-state.ts";
import { operationKinds } from "../../gateway/session-writer.ts";
import { decodeBase } from "../../log/format/base.ts";
import { partitionsKey } from "../../log/format/keys.ts";
import { partitionOf } from "../../log/format/partition-of.ts";
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
import { SessionTails } from "./session-tails.ts";
import { type CacheEntry, StateCache } from "./state-cache.ts";

const logKey = /^\/hunt\/log\/(\d{1,6})\/(\d{12})$/;
const baseKey = /^\/hunt\/base\/(\d{1,6})\/(.+)$/s;
const bases = { start: "/hunt/base/", end: "/hunt/base0" };

/** @param newCache other than the intact one only where a bug is planted on purpose. */
export function logDesign(
  cacheBytesMax: number,
  newCache: (bytesMax: number) => StateCache = (bytesMax) => new StateCache(bytesMax),
): IndexedDesign {
  return {
    loaded: [
      { start: partitionsKey, end: undefined },
      { start: "/hunt/log/", end: "/hunt/log0" },
    ],
    // Bases, heartbeats, log, owners, the number of partitions.
    watched: { start: bases.start, end: `${partitionsKey}\0` },
    newIndex: () => new LogSessions(newCache(cacheBytesMax)),
  };
}

/** Bases written since a read of bases was begun; undefined: deleted. */
type NewerBases = Map<string, Uint8Array | undefined>;

class LogSessions implements SessionIndex {
  readonly #cache: StateCache;
  readonly #tails: SessionTails;
  readonly #misses = new Map<string, NewerBases>();
  #newerThanPage: NewerBases | undefined;
  #partitions = 0;

  constructor(cache: StateCache) {
    this.#cache = cache;
    this.#tails = new SessionTails((session) => this.#tailEmptied(session));
  }

  get figures(): IndexFigures {
    return {
      states: this.#cache.size,
      cacheBytes: this.#cache.bytes,
      tailBytes: this.#tails.bytes,
      evictions: this.#cache.evictions,
    };
  }

  readonly warmUp: WarmUp = {
    ...bases,
    beginPage: () => {
      this.#newerThanPage = new Map();
    },
    endPage: (values) => this.#warm(values),
    giveUpPage: () => {
      this.#newerThanPage = undefined;
    },
  };

  apply(change: StoreChange): Iterable<string> {
    const { key, value } = change;
    const record = logKey.exec(key);
    if (record !== null) return this.#applyRecord(change, Number(record[1]), Number(record[2]));
    const base = baseKey.exec(key)?.[2];
    if (base !== undefined) return this.#applyBase(base, value);
    if (key === partitionsKey && value !== undefined) {
      this.#partitions = Number(new TextDecoder().decode(value));
    }
    return [];
  }

  revision(session: string): number | "store" | undefined {
    const entry = this.#cache.get(session) ?? this.#fromTailAlone(session);
    if (entry !== undefined) return revisionOf(entry.state);
    const known = this.#tails.partition(session) !== undefined || this.#partitions > 0;
    return known ? "store" : undefined;
  }

  read(session: string): SessionSnapshot | undefined {
    const entry = this.#cache.get(session);
    return entry && this.#cache.json(entry);
  }

  beginMiss(session: string): IndexRange {
    this.#misses.set(session, new Map());
    const partition = this.#tails.partition(session) ?? partitionOf(session, this.#partitions);
    return { start: `${bases.start}${partition}/${session}`, end: undefined };
  }

  endMiss(session: string, [read]: readonly StoreChange[]): SessionSnapshot | undefined {
    const newer = this.#misses.get(session);
    this.#misses.delete(session);
    // Opened, or read by the warm-up, while the store was asked.
    const entry =
      this.#cache.get(session) ?? this.#restore(session, latest(session, read?.value, newer));
    return entry && this.#cache.json(entry);
  }

  giveUpMiss(session: string): void {
    this.#misses.delete(session);
  }

  tidy(operations: number): boolean {
    return this.#tails.tidy(operations);
  }

  #applyRecord(change: StoreChange, partition: number, n: number): Iterable<string> {
    const { key, value, version } = change;
    if (value === undefined) {
      this.#tails.delete(partition, n);
      return [];
    }
    if (version !== 1) {
      throw new InconsistentStore(`${key} was written as version ${version}, expected 1`);
    }
    const touched = new Set<string>();
    understand(key, () =>
      this.#tails.append(partition, n, value, (session, kind, decode) => {
        touched.add(session);
        let entry = this.#cache.get(session);
        if (entry === undefined && kind === operationKinds.sessionOpened) {
          entry = this.#cache.add(initialState(session, 0));
        }
        if (entry === undefined) return;
        applyOperation(entry.state, decode());
        this.#cache.changed(entry);
      }),
    );
    return touched;
  }

  #applyBase(session: string, value: Uint8Array | undefined): Iterable<string> {
    this.#misses.get(session)?.set(session, value);
    this.#newerThanPage?.set(session, value);
    if (value !== undefined) return [];
    this.#cache.remove(session);
    return [session];
  }

  /** Every record since the opening is still there: no base is needed, or there is none yet. */
  #fromTailAlone(session: string): CacheEntry | undefined {
    const operations = this.#tails.operations(session);
    if (operations[0]?.operation.kind !== operationKinds.sessionOpened) return undefined;
    const state = initialState(session, 0);
    for (const { operation } of operations) applyOperation(state, operation);
    return this.#cache.add(state);
  }

  #restore(session: string, base: Uint8Array | undefined): CacheEntry | undefined {
    if (base !== undefined) return this.#cache.add(this.#stateFrom(session, base));
    const first = this.#tails.operations(session)[0];
    if (first === undefined) return undefined;
    const entry = this.#fromTailAlone(session);
    if (entry !== undefined) return entry;
    throw new InconsistentStore(
      `session ${session} has no base, and its first operation, in record ${first.n}, does not open it`,
    );
  }

  #stateFrom(session: string, bytes: Uint8Array) {
    return understand(`the base of ${session}`, () => {
      const { state, n } = decodeBase(session, bytes);
      for (const later of this.#tails.operations(session)) {
        if (later.n > n) applyOperation(state, later.operation);
      }
      return state;
    });
  }

  #warm(values: readonly StoreChange[]): string | undefined {
    const newer = this.#newerThanPage;
    this.#newerThanPage = undefined;
    for (const { key, value } of values) {
      const session = baseKey.exec(key)?.[2];
      if (session === undefined || this.#cache.get(session) !== undefined) continue;
      const base = latest(session, value, newer);
      if (base !== undefined && !this.#cache.addOldest(this.#stateFrom(session, base))) {
        return undefined;
      }
    }
    return `${values.at(-1)?.key ?? bases.start}\0`;
  }

  /** A closed session that is forgotten before it was ever folded has no base, and is gone now. */
  #tailEmptied(session: string): void {
    const entry = this.#cache.get(session);
    if (entry !== undefined && isClosed(entry)) this.#cache.remove(session);
  }
}

function isClosed({ state }: CacheEntry): boolean {
  return state.words[layout.closed] === 1;
}

function latest(
  session: string,
  read: Uint8Array | undefined,
  newer: NewerBases | undefined,
): Uint8Array | undefined {
  return newer?.has(session) === true ? newer.get(session) : read;
}
