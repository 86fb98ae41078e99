/**
 * One record in flight (rules 7 to 10): its attempts, their timeouts, and what an answer means. All
 * attempts send the same Txn; the first definite answer of any of them decides.
 *
 *   append -> attempt 1 --timeout--> attempt 2 --timeout--> attempt 3 ...
 *                 \___________________\__________________\___ first definite answer
 *
 * The wait before the next attempt doubles, and at most three are open: the oldest is given up for
 * a fourth. So a member that hangs costs 100 ms, and a slow store is not flooded.
 */

import { logKey, ownerKey } from "./keys.ts";
import { decodeRecordHeader } from "./record.ts";
import type { Outbox, StoredValue, StoreOutcome, TxnRequest } from "./store-call.ts";

const ATTEMPT_TIMEOUT_MS_MIN = 100;
const ATTEMPT_TIMEOUT_MS_MAX = 2000;
const ATTEMPTS_OPEN_MAX = 3;
const RETRY_AFTER_ERROR_MS = 20;
/** Longer than three attempt timeouts: a late answer still counts. */
const ATTEMPT_DEADLINE_MS = 8000;

export interface RecordInFlight {
  readonly n: number;
  readonly batchId: string;
  readonly bytes: Uint8Array;
  readonly batchWaitMs: number;
}

export type AppendResult =
  | { readonly type: "committed"; readonly tookMs: number }
  /** `owner`: the owner key as it is now. */
  | { readonly type: "fenced"; readonly owner: StoredValue | undefined }
  | { readonly type: "bug"; readonly reason: string };

interface Attempt {
  readonly call: number;
  readonly sentAtMs: number;
}

export class Appender {
  private readonly partition: number;
  private readonly epoch: number;
  private readonly outbox: Outbox;
  private readonly onResult: (result: AppendResult, nowMs: number) => void;
  private record: RecordInFlight | undefined;
  private request: TxnRequest | undefined;
  private open: Attempt[] = [];
  private firstSentAtMs = 0;
  private sentCount = 0;
  private nextAttemptAtMs = Number.POSITIVE_INFINITY;
  private smoothedRoundTripMs = 0;

  constructor(options: {
    partition: number;
    epoch: number;
    outbox: Outbox;
    onResult: (result: AppendResult, nowMs: number) => void;
  }) {
    this.partition = options.partition;
    this.epoch = options.epoch;
    this.outbox = options.outbox;
    this.onResult = options.onResult;
  }

  get busy(): boolean {
    return this.record !== undefined;
  }

  nextWakeMs(): number {
    return this.nextAttemptAtMs;
  }

  append(record: RecordInFlight, nowMs: number): void {
    if (this.record !== undefined) throw new Error("one record is in flight already");
    this.record = record;
    this.request = {
      type: "txn",
      compares: [
        {
          key: ownerKey(this.partition),
          target: "modRevision",
          relation: "equal",
          value: this.epoch,
        },
        { key: logKey(this.partition, record.n), target: "version", relation: "equal", value: 0 },
        {
          key: logKey(this.partition, record.n - 1),
          target: "version",
          relation: "greater",
          value: 0,
        },
      ],
      puts: [{ key: logKey(this.partition, record.n), value: record.bytes }],
      deletes: [],
      gets: [ownerKey(this.partition), logKey(this.partition, record.n)],
    };
    this.firstSentAtMs = nowMs;
    this.sentCount = 0;
    this.send(nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.nextAttemptAtMs) this.send(nowMs);
  }

  /** A new leader: what was sent to the old one may never be answered. */
  leaderChanged(nowMs: number): void {
    if (this.record !== undefined) this.send(nowMs);
  }

  /** Forgets the record; nobody will hear of it. */
  abandon(): void {
    for (const attempt of this.open) this.outbox.cancel(attempt.call);
    this.open = [];
    this.record = undefined;
    this.request = undefined;
    this.nextAttemptAtMs = Number.POSITIVE_INFINITY;
  }

  private send(nowMs: number): void {
    const { record, request } = this;
    if (record === undefined || request === undefined) return;
    if (this.open.length >= ATTEMPTS_OPEN_MAX) {
      const oldest = this.open.shift();
      if (oldest !== undefined) this.outbox.cancel(oldest.call);
    }
    const options =
      this.sentCount === 0
        ? { deadlineMs: ATTEMPT_DEADLINE_MS, batchWaitMs: record.batchWaitMs }
        : { deadlineMs: ATTEMPT_DEADLINE_MS };
    const call: number = this.outbox.call(request, options, (outcome, atMs) =>
      this.settled(call, outcome, atMs),
    );
    this.open.push({ call, sentAtMs: nowMs });
    this.nextAttemptAtMs = nowMs + this.attemptTimeoutMs(this.sentCount);
    this.sentCount++;
  }

  private attemptTimeoutMs(earlier: number): number {
    const timeoutMs = Math.max(ATTEMPT_TIMEOUT_MS_MIN, 4 * this.smoothedRoundTripMs);
    return Math.min(ATTEMPT_TIMEOUT_MS_MAX, timeoutMs * 2 ** Math.min(earlier, 5));
  }

  private settled(call: number, outcome: StoreOutcome, nowMs: number): void {
    const attempt = this.open.find((other) => other.call === call);
    this.open = this.open.filter((other) => other.call !== call);
    if (outcome.type !== "txn") {
      this.nextAttemptAtMs = Math.min(this.nextAttemptAtMs, nowMs + RETRY_AFTER_ERROR_MS);
      return;
    }
    if (attempt !== undefined) this.measure(nowMs - attempt.sentAtMs);
    const tookMs = nowMs - this.firstSentAtMs;
    const result: AppendResult = outcome.succeeded
      ? { type: "committed", tookMs }
      : this.interpret(outcome.found, tookMs);
    this.abandon();
    this.onResult(result, nowMs);
  }

  /** The Else branch (rule 8). The record's own trace is looked at first: committed is committed. */
  private interpret(
    [owner, found]: readonly (StoredValue | undefined)[],
    tookMs: number,
  ): AppendResult {
    const record = this.record;
    if (record === undefined) return { type: "bug", reason: "an answer without a record" };
    if (found !== undefined) {
      const header = decodeRecordHeader(found.value);
      if (header.epoch === this.epoch && header.batchId === record.batchId) {
        return { type: "committed", tookMs };
      }
    }
    if (owner?.modRevision !== this.epoch) {
      return { type: "fenced", owner };
    }
    const what =
      found === undefined ? "is absent, and so must be the one before it" : "is not mine";
    return {
      type: "bug",
      reason: `record ${record.n} of partition ${this.partition} ${what}, though epoch ${this.epoch} still owns it`,
    };
  }

  private measure(roundTripMs: number): void {
    this.smoothedRoundTripMs =
      this.smoothedRoundTripMs === 0
        ? roundTripMs
        : this.smoothedRoundTripMs + (roundTripMs - this.smoothedRoundTripMs) / 8;
  }
}
