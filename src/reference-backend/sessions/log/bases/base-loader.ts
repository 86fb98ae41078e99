/**
 * Reads the bases of sessions that are needed now, many at once, and keeps the operations that wait
 * for them, in order. Bounded in number and age. Each read holds the owner key too, in the same
 * moment: a base that a successor wrote is never taken for this owner's.
 */
import type { Answer, AnswerSink, SubmittedOperation } from "../../gateway/session-writer.ts";
import { baseKey, ownerKey } from "../format/keys.ts";
import { queueAgeMsMax } from "../partition/log-limits.ts";
import type { Outbox, StoredValue, StoreOutcome } from "../store/store-call.ts";

/** Operations, and sessions. */
const waitingMax = 20_000;
const readsMax = 4;
const readDeadlineMs = 1000;
const retryMs = 50;

interface Waiting {
  readonly operation: SubmittedOperation;
  readonly sink: AnswerSink;
  readonly sinceMs: number;
}

interface Wanted {
  readonly waiting: Waiting[];
  reading: boolean;
}

export interface BaseLoaderOptions {
  readonly partition: number;
  readonly epoch: number;
  readonly loadSessions: number;
  readonly outbox: Outbox;
  /** What was found of a session, undefined: it has no base; then come those that waited. */
  readonly onRead: (id: string, base: Uint8Array | undefined, nowMs: number) => void;
  readonly onReleased: (
    operation: SubmittedOperation,
    sink: AnswerSink,
    absent: boolean,
    nowMs: number,
  ) => void;
  readonly onFenced: (owner: StoredValue | undefined, nowMs: number) => void;
}

export class BaseLoader {
  readonly #options: BaseLoaderOptions;
  /** By session, in the order in which they were first wanted. */
  readonly #wanted = new Map<string, Wanted>();
  readonly #reads = new Set<number>();
  #waitingCount = 0;
  #unread = 0;
  #retryAtMs = 0;
  #ended = false;

  constructor(options: BaseLoaderOptions) {
    this.#options = options;
  }

  /** Operations that wait. */
  get waiting(): number {
    return this.#waitingCount;
  }

  isWanted(id: string): boolean {
    return this.#wanted.has(id);
  }

  /** Reads the session's base soon; `tick` sends it. */
  want(id: string): void {
    if (this.#wanted.has(id)) return;
    this.#wanted.set(id, { waiting: [], reading: false });
    this.#unread += 1;
  }

  /** An operation waits for its session's base. False when no more can wait. */
  hold(operation: SubmittedOperation, sink: AnswerSink, nowMs: number): boolean {
    if (this.#waitingCount >= waitingMax || this.#wanted.size >= waitingMax) return false;
    this.want(operation.session);
    this.#wanted.get(operation.session)?.waiting.push({ operation, sink, sinceMs: nowMs });
    this.#waitingCount += 1;
    return true;
  }

  tick(nowMs: number): void {
    if (nowMs < this.#retryAtMs) return;
    while (!this.#ended && this.#unread > 0 && this.#reads.size < readsMax) this.#read();
  }

  nextWakeMs(): number {
    const due = this.#unread > 0 && this.#reads.size < readsMax;
    return Math.min(due ? this.#retryAtMs : Number.POSITIVE_INFINITY, this.#expiresAtMs());
  }

  /** Answers what has waited too long; returns how many. */
  expire(nowMs: number, answer: Omit<Answer, "ref">): number {
    let expired = 0;
    for (const [id, wanted] of this.#wanted) {
      const sinceMs = wanted.waiting[0]?.sinceMs;
      if (sinceMs === undefined) continue;
      if (nowMs < sinceMs + queueAgeMsMax) break;
      for (const { operation, sink } of wanted.waiting.splice(0)) {
        sink({ ref: operation.ref, ...answer });
        expired += 1;
      }
      // Still wanted, perhaps to be folded or closed; what waits for it from now on is younger.
      this.#wanted.delete(id);
      this.#wanted.set(id, wanted);
    }
    this.#waitingCount -= expired;
    return expired;
  }

  /** Reads nothing more, and answers everything that waits; returns how many. */
  end(answer: Omit<Answer, "ref">): number {
    this.#ended = true;
    for (const call of this.#reads) this.#options.outbox.cancel(call);
    this.#reads.clear();
    let answered = 0;
    for (const { waiting } of this.#wanted.values()) {
      for (const { operation, sink } of waiting) sink({ ref: operation.ref, ...answer });
      answered += waiting.length;
    }
    this.#wanted.clear();
    this.#waitingCount = 0;
    this.#unread = 0;
    return answered;
  }

  /** When the operation that has waited longest is too old; those of fewer milliseconds come later. */
  #expiresAtMs(): number {
    for (const { waiting } of this.#wanted.values()) {
      const sinceMs = waiting[0]?.sinceMs;
      if (sinceMs !== undefined) return sinceMs + queueAgeMsMax;
    }
    return Number.POSITIVE_INFINITY;
  }

  #read(): void {
    const { partition, loadSessions, outbox } = this.#options;
    const ids: string[] = [];
    for (const [id, wanted] of this.#wanted) {
      if (wanted.reading) continue;
      wanted.reading = true;
      this.#unread -= 1;
      if (ids.push(id) >= loadSessions) break;
    }
    const keys = [ownerKey(partition), ...ids.map((id) => baseKey(partition, id))];
    const call: number = outbox.call(
      { type: "read", keys },
      { deadlineMs: readDeadlineMs },
      (outcome, nowMs) => {
        this.#reads.delete(call);
        this.#answered(ids, outcome, nowMs);
      },
    );
    this.#reads.add(call);
  }

  #answered(ids: readonly string[], outcome: StoreOutcome, nowMs: number): void {
    if (outcome.type !== "read") {
      this.#retryAtMs = nowMs + retryMs;
      for (const id of ids) this.#readAgain(id);
      return;
    }
    const [owner, ...bases] = outcome.found;
    if (owner?.modRevision !== this.#options.epoch) {
      this.#options.onFenced(owner, nowMs);
      return;
    }
    for (const [i, id] of ids.entries()) this.#release(id, bases[i]?.value, nowMs);
  }

  #readAgain(id: string): void {
    const wanted = this.#wanted.get(id);
    if (wanted === undefined) return;
    wanted.reading = false;
    this.#unread += 1;
  }

  #release(id: string, base: Uint8Array | undefined, nowMs: number): void {
    const wanted = this.#wanted.get(id);
    if (wanted === undefined) return;
    this.#wanted.delete(id);
    this.#waitingCount -= wanted.waiting.length;
    this.#options.onRead(id, base, nowMs);
    for (const { operation, sink } of wanted.waiting) {
      this.#options.onReleased(operation, sink, base === undefined, nowMs);
    }
  }
}
