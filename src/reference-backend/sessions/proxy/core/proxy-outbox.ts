/**
 * What the proxy's core asks of its shell, as data: reads of the store and one watch. The shell runs
 * them against etcd, a simulation against a model of it. Members are numbers from 0. Each read's outcome
 * comes later, in any order, at most once; one that is lost must still come, as `failed`.
 */

export interface ReadRange {
  readonly start: string;
  /** Not included; undefined: the one key `start`. */
  readonly end: string | undefined;
  readonly limit: number;
  /** 0: the newest, and no older than any write acknowledged before. Else from the member's own store. */
  readonly revision: number;
  /** Answer with what the member has by itself, though `revision` is 0. */
  readonly serializable: boolean;
  readonly keysOnly: boolean;
}

/** One key of the store as it was written. */
export interface StoreChange {
  readonly key: string;
  /** Undefined: the key was deleted. */
  readonly value: Uint8Array | undefined;
  /** How often the key was written since it was created; 0 when it was deleted. */
  readonly version: number;
  readonly modRevision: number;
}

export type ReadOutcome =
  | {
      readonly type: "read";
      readonly values: readonly StoreChange[];
      readonly more: boolean;
      /** The store's when it answered. */
      readonly revision: number;
    }
  | { readonly type: "failed"; readonly reason: string };

export type ProxyEffect =
  | {
      readonly type: "read";
      readonly id: number;
      readonly member: number;
      readonly range: ReadRange;
      readonly deadlineMs: number;
    }
  /** Nobody waits for the outcome of this read any more. */
  | { readonly type: "cancel"; readonly id: number }
  /** With leader required; whole revisions in order, named by `id`; any watch before it is closed. */
  | {
      readonly type: "watch";
      readonly id: number;
      readonly member: number;
      readonly start: string;
      readonly end: string;
      readonly fromRevision: number;
    }
  | { readonly type: "unwatch"; readonly id: number }
  | {
      readonly type: "log";
      readonly level: "info" | "warn" | "error";
      readonly event: string;
      readonly facts: Readonly<Record<string, unknown>>;
    };

type OutcomeHandler = (outcome: ReadOutcome, nowMs: number) => void;

export class ProxyOutbox {
  #effects: ProxyEffect[] = [];
  readonly #waiting = new Map<number, OutcomeHandler>();
  #lastId = 0;

  read(member: number, range: ReadRange, deadlineMs: number, handler: OutcomeHandler): number {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#waiting.set(id, handler);
    this.#effects.push({ type: "read", id, member, range, deadlineMs });
    return id;
  }

  cancel(id: number): void {
    if (this.#waiting.delete(id)) this.#effects.push({ type: "cancel", id });
  }

  /** Returns the watch's id. */
  watch(member: number, range: { start: string; end: string }, fromRevision: number): number {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#effects.push({ type: "watch", id, member, ...range, fromRevision });
    return id;
  }

  unwatch(id: number): void {
    this.#effects.push({ type: "unwatch", id });
  }

  log(
    level: "info" | "warn" | "error",
    event: string,
    facts: Readonly<Record<string, unknown>>,
  ): void {
    this.#effects.push({ type: "log", level, event, facts });
  }

  /** A cancelled or settled read's outcome is dropped. */
  settle(id: number, outcome: ReadOutcome, nowMs: number): void {
    const handler = this.#waiting.get(id);
    if (handler === undefined) return;
    this.#waiting.delete(id);
    handler(outcome, nowMs);
  }

  take(): ProxyEffect[] {
    const taken = this.#effects;
    if (taken.length > 0) this.#effects = [];
    return taken;
  }
}
