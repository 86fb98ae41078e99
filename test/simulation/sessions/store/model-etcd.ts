/**
 * etcd, as far as the session log uses it: Txns, Ranges at a revision, compaction, and every change
 * in order for whoever watches. One history without members; how late somebody sees it is decided by
 * whoever delivers it.
 */
import type {
  Compare,
  RangeRequest,
  StoredValue,
  StoreOutcome,
  StoreRequest,
  TxnRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";

/** One key of one revision. */
export interface Change {
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
  readonly modRevision: number;
  /** Writes since the key was created; 0 when it was deleted. */
  readonly version: number;
}

/** Called after each revision, with its changes in the order of the Txn. */
export type CommitListener = (changes: readonly Change[]) => void;

const compacted: StoreOutcome = {
  type: "failed",
  applied: "no",
  reason: "compacted",
  compacted: true,
};

export class ModelEtcd {
  revision = 1;
  /** Nothing before it can be read or watched any more. */
  compactedTo = 0;
  readonly listeners: CommitListener[] = [];
  /** Every change since the start; watches find their place in it. */
  readonly changes: Change[] = [];
  /** Versions of each key, oldest first. */
  readonly #history = new Map<string, Change[]>();
  /** All keys of `history`, sorted. */
  readonly #keys: string[] = [];

  run(request: StoreRequest): StoreOutcome {
    switch (request.type) {
      case "txn":
        return this.#txn(request);
      case "range":
        return this.#range(request);
      case "read": {
        const found = request.keys.map((key) => this.get(key));
        return { type: "read", found, revision: this.revision };
      }
      case "compact":
        if (request.revision <= this.compactedTo) return compacted;
        this.#compact(Math.min(request.revision, this.revision));
        return { type: "compact" };
    }
  }

  /** The key as it was at `revision`; undefined when it did not exist. */
  get(key: string, revision = this.revision): StoredValue | undefined {
    const versions = this.#history.get(key);
    if (versions === undefined) return undefined;
    for (let i = versions.length - 1; i >= 0; i -= 1) {
      const change = versions[i];
      if (change === undefined || change.modRevision > revision) continue;
      return stored(change);
    }
    return undefined;
  }

  versionAt(key: string, revision: number): number {
    const change = this.#history.get(key)?.findLast(({ modRevision }) => modRevision <= revision);
    return change?.version ?? 0;
  }

  /** Keys that exist now, in order. */
  values(start: string, end: string): StoredValue[] {
    const found: StoredValue[] = [];
    for (let at = this.#place(start); at < this.#keys.length; at += 1) {
      const key = this.#keys[at];
      if (key === undefined || key >= end) break;
      const value = this.get(key);
      if (value !== undefined) found.push(value);
    }
    return found;
  }

  #txn({ compares, puts, deletes, gets }: TxnRequest): StoreOutcome {
    if (!compares.every((compare) => this.#holds(compare))) {
      const found = gets.map((key) => this.get(key));
      return { type: "txn", succeeded: false, revision: this.revision, found };
    }
    const revision = this.revision + 1;
    const changes: Change[] = [];
    for (const { start, end } of deletes) {
      for (const { key } of this.values(start, end)) {
        changes.push({ key, value: undefined, modRevision: revision, version: 0 });
      }
    }
    for (const { key, value } of puts) {
      changes.push({ key, value, modRevision: revision, version: this.#version(key) + 1 });
    }
    if (changes.length > 0) {
      this.revision = revision;
      for (const change of changes) this.#add(change);
      for (const listener of this.listeners) listener(changes);
    }
    return { type: "txn", succeeded: true, revision: this.revision, found: [] };
  }

  #range({ start, end, limit, revision }: RangeRequest): StoreOutcome {
    if (revision !== 0 && revision < this.compactedTo) return compacted;
    const at = revision === 0 ? this.revision : revision;
    const values: StoredValue[] = [];
    for (let i = this.#place(start); i < this.#keys.length; i += 1) {
      const key = this.#keys[i];
      if (key === undefined || key >= end) break;
      const value = this.get(key, at);
      if (value === undefined) continue;
      if (values.length === limit) {
        return { type: "range", values, more: true, revision: this.revision };
      }
      values.push(value);
    }
    return { type: "range", values, more: false, revision: this.revision };
  }

  #holds({ key, target, relation, value }: Compare): boolean {
    const actual = target === "version" ? this.#version(key) : (this.get(key)?.modRevision ?? 0);
    return relation === "equal" ? actual === value : actual > value;
  }

  #version(key: string): number {
    return this.#history.get(key)?.at(-1)?.version ?? 0;
  }

  #add(change: Change): void {
    this.changes.push(change);
    const versions = this.#history.get(change.key);
    if (versions !== undefined) {
      versions.push(change);
      return;
    }
    this.#history.set(change.key, [change]);
    this.#keys.splice(this.#place(change.key), 0, change.key);
  }

  #compact(revision: number): void {
    this.compactedTo = revision;
    for (const [key, versions] of this.#history) {
      let keep = 0;
      while ((versions[keep + 1]?.modRevision ?? Number.POSITIVE_INFINITY) <= revision) keep += 1;
      if (keep > 0) versions.splice(0, keep);
      const [oldest] = versions;
      const gone = versions.length === 1 && oldest?.value === undefined;
      if (!gone || (oldest?.modRevision ?? 0) > revision) continue;
      this.#history.delete(key);
      this.#keys.splice(this.#place(key), 1);
    }
  }

  /** Where `key` stands or would stand in `keys`. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function stored({ key, value, modRevision }: Change): StoredValue | undefined {
  return value === undefined ? undefined : { key, value, modRevision };
}
