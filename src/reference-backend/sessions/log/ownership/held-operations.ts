/** Operations that arrived while nobody was known to serve their partition. Bounded in number and age. */
import type { Answer, AnswerSink, SubmittedOperation } from "../../gateway/session-writer.ts";
import { queueAgeMsMax } from "../partition/log-limits.ts";

const heldMax = 20_000;

interface Held {
  readonly operation: SubmittedOperation;
  readonly sink: AnswerSink;
  readonly heldAtMs: number;
}

export class HeldOperations {
  #held: Held[] = [];

  get size(): number {
    return this.#held.length;
  }

  /** False when no more can be held. */
  add(operation: SubmittedOperation, sink: AnswerSink, nowMs: number): boolean {
    if (this.#held.length >= heldMax) return false;
    this.#held.push({ operation, sink, heldAtMs: nowMs });
    return true;
  }

  expiresAtMs(): number {
    const oldest = this.#held[0];
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.heldAtMs + queueAgeMsMax;
  }

  /** Gives each to `next`, oldest first, and keeps none. */
  release(next: (operation: SubmittedOperation, sink: AnswerSink) => void): void {
    const released = this.#held;
    this.#held = [];
    for (const { operation, sink } of released) next(operation, sink);
  }

  /** Answers what has waited too long; returns how many. */
  expire(nowMs: number, answer: Omit<Answer, "ref">): number {
    if (nowMs < this.expiresAtMs()) return 0;
    const kept = this.#held.findIndex((held) => nowMs < held.heldAtMs + queueAgeMsMax);
    const expired = this.#held.splice(0, kept < 0 ? this.#held.length : kept);
    for (const { operation, sink } of expired) sink({ ref: operation.ref, ...answer });
    return expired.length;
  }
}
