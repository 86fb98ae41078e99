/**
 * The little of etcd that the protocol core needs, as data: the core puts calls into an outbox, and
 * is given their outcomes later, in any order. The shell runs them against etcd, a simulation
 * against a model of it. An outcome that is lost must still come, as `failed` with `maybe`.
 */

export interface Compare {
  readonly key: string;
  /** `version` counts a key's writes since it was created; 0: the key is absent. */
  readonly target: "version" | "modRevision";
  readonly relation: "equal" | "greater";
  readonly value: number;
}

export interface Put {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Keys from `start` up to, not including, `end`. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

/**
 * Puts and deletes where every compare holds; else it reads `gets`, in the same moment. No key may
 * be put twice, or put and deleted: etcd refuses that.
 */
export interface TxnRequest {
  readonly type: "txn";
  readonly compares: readonly Compare[];
  readonly puts: readonly Put[];
  readonly deletes: readonly KeyRange[];
  readonly gets: readonly string[];
}

/** At most `limit` keys, in order. */
export interface RangeRequest extends KeyRange {
  readonly type: "range";
  readonly limit: number;
  /** 0: the newest. */
  readonly revision: number;
}

/** Single keys, all at one moment: the newest, and no older than any Txn answered before. */
export interface ReadRequest {
  readonly type: "read";
  readonly keys: readonly string[];
}

/** Forgets what was before `revision`; every key's newest value stays. */
export interface CompactRequest {
  readonly type: "compact";
  readonly revision: number;
}

export interface StoredValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly modRevision: number;
}

export interface TxnOutcome {
  readonly type: "txn";
  readonly succeeded: boolean;
  /** The store's revision; of the puts, when it succeeded. */
  readonly revision: number;
  /** What `gets` found, in order; empty when it succeeded. */
  readonly found: readonly (StoredValue | undefined)[];
}

export interface RangeOutcome {
  readonly type: "range";
  readonly values: readonly StoredValue[];
  readonly more: boolean;
  readonly revision: number;
}

export interface ReadOutcome {
  readonly type: "read";
  /** One for each key, in order. */
  readonly found: readonly (StoredValue | undefined)[];
  readonly revision: number;
}

export interface CompactOutcome {
  readonly type: "compact";
}

/** `applied`: "no" is certain; "maybe" may also happen later. */
export interface FailedOutcome {
  readonly type: "failed";
  readonly applied: "no" | "maybe";
  readonly reason: string;
  /** The revision asked for is compacted already: ask at a newer one. */
  readonly compacted?: boolean;
  /** The store has no space. The call is decided, but etcd says so of a write that it applied, too. */
  readonly full?: boolean;
}

export type StoreRequest = TxnRequest | RangeRequest | ReadRequest | CompactRequest;
export type StoreOutcome = TxnOutcome | RangeOutcome | ReadOutcome | CompactOutcome | FailedOutcome;

/** What the core asks its shell to do. */
export type Effect =
  | {
      readonly type: "call";
      readonly id: number;
      readonly request: StoreRequest;
      /** The shell ends the call after this long, with `failed` and `maybe`. */
      readonly deadlineMs: number;
      /** Only with a record's first attempt: how long its oldest operation has waited. */
      readonly batchWaitMs?: number;
    }
  /** Nobody waits for the outcome of this call any more. */
  | { readonly type: "cancel"; readonly id: number }
  | {
      readonly type: "log";
      readonly level: "info" | "warn";
      readonly event: string;
      readonly facts: Readonly<Record<string, unknown>>;
    }
  /** An invariant is broken: acknowledge nothing more and end the process. */
  | { readonly type: "panic"; readonly reason: string }
  /** Read the owner keys, watch them and the heartbeats from there on. */
  | { readonly type: "follow" }
  /** After a stop: nothing is under way any more. */
  | { readonly type: "stopped" };

type OutcomeHandler = (outcome: StoreOutcome, nowMs: number) => void;

/** The core's outbox, and who waits for which call. */
export class Outbox {
  #effects: Effect[] = [];
  readonly #waiting = new Map<number, OutcomeHandler>();
  #lastId = 0;

  call(
    request: StoreRequest,
    options: { deadlineMs: number; batchWaitMs?: number },
    handler: OutcomeHandler,
  ): number {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#waiting.set(id, handler);
    this.#effects.push({ type: "call", id, request, ...options });
    return id;
  }

  cancel(id: number): void {
    if (this.#waiting.delete(id)) this.#effects.push({ type: "cancel", id });
  }

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  log(level: "info" | "warn", event: string, facts: Readonly<Record<string, unknown>>): void {
    this.#effects.push({ type: "log", level, event, facts });
  }

  /** Hands the outcome to its waiter; a cancelled or answered call's outcome is dropped. */
  settle(id: number, outcome: StoreOutcome, nowMs: number): void {
    const handler = this.#waiting.get(id);
    if (handler === undefined) return;
    this.#waiting.delete(id);
    handler(outcome, nowMs);
  }

  take(): Effect[] {
    const taken = this.#effects;
    this.#effects = [];
    return taken;
  }
}
