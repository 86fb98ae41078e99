/**
 * Operations that wait for a record (rule 9): when a record is due, how much goes into it, and what
 * the queue may hold. Bounded by bytes and by age; what is beyond is refused.
 */
import type { LogLimits } from "./log-limits.ts";
import type { PendingOperation } from "./pending-operation.ts";

const slowCommitMs = 20;
/** Room for a record's head. */
const recordHeadBytes = 32;

export class OperationQueue {
  readonly #flushMs: number;
  readonly #limits: LogLimits;
  #items: PendingOperation[] = [];
  #head = 0;
  #queuedBytes = 0;
  #recordBytesMax: number;

  constructor(flushMs: number, limits: LogLimits) {
    this.#flushMs = flushMs;
    this.#limits = limits;
    this.#recordBytesMax = limits.recordBytesFast;
  }

  get bytes(): number {
    return this.#queuedBytes;
  }

  get empty(): boolean {
    return this.#head === this.#items.length;
  }

  /** False when the queue is full. */
  add(pending: PendingOperation): boolean {
    if (this.#queuedBytes + pending.bytes > this.#limits.queueBytesMax) return false;
    this.#items.push(pending);
    this.#queuedBytes += pending.bytes;
    return true;
  }

  /** When the next record is due if none is in flight; infinity when nothing waits. */
  dueAtMs(): number {
    const oldest = this.#items[this.#head];
    if (oldest === undefined) return Number.POSITIVE_INFINITY;
    return this.#queuedBytes >= this.#limits.flushBytes ? 0 : oldest.queuedAtMs + this.#flushMs;
  }

  /** When the oldest operation is too old to wait on. */
  expiresAtMs(): number {
    const oldest = this.#items[this.#head];
    return oldest === undefined
      ? Number.POSITIVE_INFINITY
      : oldest.queuedAtMs + this.#limits.queueAgeMsMax;
  }

  /** The operations of the next record, oldest first; dropped ones are left out. */
  takeRecord(): PendingOperation[] {
    const taken: PendingOperation[] = [];
    let bytes = recordHeadBytes;
    for (let next = this.#items[this.#head]; next !== undefined; next = this.#items[this.#head]) {
      if (bytes + next.bytes > this.#recordBytesMax) break;
      this.#shift(next);
      if (next.dropped) continue;
      bytes += next.bytes;
      taken.push(next);
    }
    this.#compact();
    return taken;
  }

  /** Removes and returns what has waited too long. */
  takeExpired(nowMs: number): PendingOperation[] {
    return this.#takeWhile((pending) => nowMs >= pending.queuedAtMs + this.#limits.queueAgeMsMax);
  }

  takeAll(): PendingOperation[] {
    return this.#takeWhile(() => true);
  }

  /** Slow commits carry more each, up to 1 MB; fast ones stay small and quick. */
  committed(tookMs: number): void {
    this.#recordBytesMax =
      tookMs >= slowCommitMs
        ? Math.min(this.#limits.recordBytesMax, this.#recordBytesMax * 2)
        : Math.max(this.#limits.recordBytesFast, this.#recordBytesMax / 2);
  }

  #takeWhile(wanted: (pending: PendingOperation) => boolean): PendingOperation[] {
    const taken: PendingOperation[] = [];
    for (let next = this.#items[this.#head]; next !== undefined; next = this.#items[this.#head]) {
      if (!wanted(next)) break;
      this.#shift(next);
      if (!next.dropped) taken.push(next);
    }
    this.#compact();
    return taken;
  }

  #shift(next: PendingOperation): void {
    this.#head += 1;
    this.#queuedBytes -= next.bytes;
  }

  /** Taking from the front moves an index; the array itself is cut when half of it is behind. */
  #compact(): void {
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
