/**
 * The LRU of rule 20: states, and their JSON once it was read. Every byte that an entry keeps alive
 * is counted. A linked list, not the order of a Map: there a look at the oldest key walks over all
 * that were deleted before it.
 */
import { revisionOf, type SessionState } from "../../game/session-state.ts";
import { stateToJson } from "../../game/state-json.ts";
import type { SessionSnapshot } from "./session-index.ts";

/** Objects, array buffer, place in the map: 60,000 states took 1,190 bytes each of resident memory. */
const stateOverheadBytes = 720;
/** Buffer object, array buffer, what the allocator adds. */
const jsonOverheadBytes = 300;

export class CacheEntry {
  readonly state: SessionState;
  readonly stateBytes: number;
  json: SessionSnapshot | undefined;
  newer: CacheEntry | undefined;
  older: CacheEntry | undefined;

  constructor(state: SessionState) {
    this.state = state;
    this.stateBytes = state.words.byteLength + state.session.length + stateOverheadBytes;
  }
}

export class StateCache {
  readonly #entries = new Map<string, CacheEntry>();
  readonly #bytesMax: number;
  #newest: CacheEntry | undefined;
  #oldest: CacheEntry | undefined;
  #held = 0;
  evictions = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#held;
  }

  get(session: string): CacheEntry | undefined {
    return this.#entries.get(session);
  }

  /** As the one used last; others go if room is lacking, never this one. */
  add(state: SessionState): CacheEntry {
    this.remove(state.session);
    const entry = new CacheEntry(state);
    this.#entries.set(state.session, entry);
    this.#held += entry.stateBytes;
    this.#linkNewest(entry);
    this.#makeRoom(entry);
    return entry;
  }

  /** As the one that goes first; false: there is no room without taking another one's. */
  addOldest(state: SessionState): boolean {
    const entry = new CacheEntry(state);
    if (this.#held + entry.stateBytes > this.#bytesMax) return false;
    this.#entries.set(state.session, entry);
    this.#held += entry.stateBytes;
    entry.newer = this.#oldest;
    if (this.#oldest === undefined) this.#newest = entry;
    else this.#oldest.older = entry;
    this.#oldest = entry;
    return true;
  }

  /** The state's operations were advanced: its JSON is another one now. */
  changed(entry: CacheEntry): void {
    if (entry.json === undefined) return;
    this.#held -= jsonBytes(entry.json);
    entry.json = undefined;
  }

  /** Its JSON; it is the one used last now. */
  json(entry: CacheEntry): SessionSnapshot {
    if (this.#newest !== entry) {
      this.#unlink(entry);
      this.#linkNewest(entry);
    }
    if (entry.json !== undefined) return entry.json;
    // Its memory is its own: small buffers share a slab, which would stay as long as any of them.
    entry.json = { revision: revisionOf(entry.state), bytes: stateToJson(entry.state) };
    this.#held += jsonBytes(entry.json);
    this.#makeRoom(entry);
    return entry.json;
  }

  remove(session: string): void {
    const entry = this.#entries.get(session);
    if (entry === undefined) return;
    this.changed(entry);
    this.#held -= entry.stateBytes;
    this.#entries.delete(session);
    this.#unlink(entry);
  }

  #makeRoom(kept: CacheEntry): void {
    while (this.#held > this.#bytesMax && this.#oldest !== undefined && this.#oldest !== kept) {
      this.remove(this.#oldest.state.session);
      this.evictions += 1;
    }
  }

  #linkNewest(entry: CacheEntry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: CacheEntry): void {
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    entry.newer = undefined;
    entry.older = undefined;
  }
}

function jsonBytes(json: SessionSnapshot): number {
  return json.bytes.length + jsonOverheadBytes;
}
