/** An operation that is queued or in a sent record, and everybody who waits for its answer. */
import type {
  Answer,
  AnswerSink,
  Operation,
  SubmittedOperation,
} from "../../gateway/session-writer.ts";

export class PendingOperation {
  readonly operation: Operation;
  readonly digest: number;
  /** Bytes in the record. */
  readonly bytes: number;
  readonly queuedAtMs: number;
  /** Answered before its record was sent; it must not enter one. */
  dropped = false;
  readonly #ref: bigint;
  readonly #sink: AnswerSink | undefined;
  #joined: { ref: bigint; sink: AnswerSink }[] | undefined;

  constructor(
    operation: SubmittedOperation,
    /** Undefined: nobody waits, it is the gateway's own. */
    sink: AnswerSink | undefined,
    facts: { digest: number; bytes: number; nowMs: number },
  ) {
    this.operation = operation;
    this.#ref = operation.ref;
    this.#sink = sink;
    this.digest = facts.digest;
    this.bytes = facts.bytes;
    this.queuedAtMs = facts.nowMs;
  }

  /** Another sending of the same operation. False when too many wait already. */
  join(ref: bigint, sink: AnswerSink, joinedMax: number): boolean {
    this.#joined ??= [];
    if (this.#joined.length >= joinedMax) return false;
    this.#joined.push({ ref, sink });
    return true;
  }

  /** Whoever waits for `other`, a later sending of the same operation, waits for this one. False: too many do. */
  absorb(other: PendingOperation, joinedMax: number): boolean {
    return other.#sink === undefined || this.join(other.#ref, other.#sink, joinedMax);
  }

  answer(answer: Omit<Answer, "ref">): void {
    this.#sink?.({ ref: this.#ref, ...answer });
    if (this.#joined === undefined) return;
    for (const { ref, sink } of this.#joined) sink({ ref, ...answer });
    this.#joined = undefined;
  }

  /** How many answers are owed. */
  get waiting(): number {
    return (this.#sink === undefined ? 0 : 1) + (this.#joined?.length ?? 0);
  }
}
