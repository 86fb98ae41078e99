/**
 * For tests: etcd's Txn, Range at a revision and compaction, as far as the core uses them, in
 * memory. It keeps every version of every key since the last compaction.
 */
import type {
  CompactRequest,
  RangeRequest,
  ReadRequest,
  StoredValue,
  StoreOutcome,
  StoreRequest,
  TxnRequest,
} from "../../../src/reference-backend/sessions/log/store/store-call.ts";

type Stored = StoredValue & { readonly version: number };

interface Version {
  readonly revision: number;
  /** Undefined: deleted. */
  readonly stored: Stored | undefined;
}

export class ModelStore {
  /** Every key's newest value. */
  readonly values = new Map<string, Stored>();
  /** Called with every put. */
  readonly listeners: ((stored: StoredValue) => void)[] = [];
  revision = 1;
  /** Reads below it are refused. */
  compactedBelow = 0;
  readonly #history = new Map<string, Version[]>();

  run(request: StoreRequest): StoreOutcome {
    switch (request.type) {
      case "txn":
        return this.#txn(request);
      case "range":
        return this.#range(request);
      case "read":
        return this.#read(request);
      case "compact":
        return this.#compact(request);
    }
  }

  put(key: string, value: Uint8Array): void {
    this.run({ type: "txn", compares: [], puts: [{ key, value }], deletes: [], gets: [] });
  }

  /** As if the key had never been: damage, not a deletion. */
  erase(key: string): void {
    this.values.delete(key);
    this.#history.delete(key);
  }

  keys(prefix: string): string[] {
    return [...this.values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  #txn({ compares, puts, deletes, gets }: TxnRequest): StoreOutcome {
    const succeeded = compares.every(({ key, target, relation, value }) => {
      const stored = this.values.get(key);
      const actual = (target === "version" ? stored?.version : stored?.modRevision) ?? 0;
      return relation === "equal" ? actual === value : actual > value;
    });
    if (!succeeded) {
      const found = gets.map((key) => this.values.get(key));
      return { type: "txn", succeeded, revision: this.revision, found };
    }
    const gone = [...this.values.keys()].filter((key) =>
      deletes.some(({ start, end }) => key >= start && key < end),
    );
    if (puts.some(({ key }) => gone.includes(key))) throw new Error("put and deleted in one Txn");
    if (puts.length > 0 || gone.length > 0) this.revision += 1;
    for (const key of gone) this.#change(key, undefined);
    for (const { key, value } of puts) {
      const version = (this.values.get(key)?.version ?? 0) + 1;
      const stored = { key, value, version, modRevision: this.revision };
      this.#change(key, stored);
      for (const listener of this.listeners) listener(stored);
    }
    return { type: "txn", succeeded, revision: this.revision, found: [] };
  }

  #change(key: string, stored: Stored | undefined): void {
    if (stored === undefined) this.values.delete(key);
    else this.values.set(key, stored);
    const versions = this.#history.get(key) ?? [];
    this.#history.set(key, [...versions, { revision: this.revision, stored }]);
  }

  #range({ start, end, limit, revision }: RangeRequest): StoreOutcome {
    if (revision !== 0 && revision < this.compactedBelow) return compacted();
    const found: Stored[] = [];
    for (const [key, versions] of this.#history) {
      if (key < start || key >= end) continue;
      const version = versions.findLast((one) => revision === 0 || one.revision <= revision);
      if (version?.stored !== undefined) found.push(version.stored);
    }
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    const values = found.slice(0, limit);
    return { type: "range", values, more: found.length > limit, revision: this.revision };
  }

  #read({ keys }: ReadRequest): StoreOutcome {
    const found = keys.map((key) => this.values.get(key));
    return { type: "read", found, revision: this.revision };
  }

  #compact({ revision }: CompactRequest): StoreOutcome {
    if (revision <= this.compactedBelow) return compacted();
    if (revision > this.revision) throw new RangeError(`revision ${revision} is in the future`);
    this.compactedBelow = revision;
    for (const [key, versions] of this.#history) {
      const newest = versions.findLast((one) => one.revision <= revision);
      const kept = versions.filter((one) => one.revision > revision || one === newest);
      if (kept.length === 1 && kept[0]?.stored === undefined) this.#history.delete(key);
      else this.#history.set(key, kept);
    }
    return { type: "compact" };
  }
}

function compacted(): StoreOutcome {
  return { type: "failed", applied: "no", reason: "compacted", compacted: true };
}
