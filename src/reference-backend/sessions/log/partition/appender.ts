/**
 * One record in flight (rules 7 to 10), and what the answer of its Txn means. An attempt that was
 * given up and commits late is found by the next one's Else.
 *
 * When the store is full there is no Else: etcd refuses the Txn whole, but for the one that reached
 * the quota, which it applies and refuses all the same. So the record is looked for before it is
 * called refused; reads work in a full store.
 */
import { logKey, ownerKey } from "../format/keys.ts";
import { decodeRecordHeader } from "../format/record.ts";
import { RetriedTxn } from "../store/retried-txn.ts";
import type { Compare, Outbox, StoredValue } from "../store/store-call.ts";

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
  /** The store has no space; the record is not there, and never will be. */
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "bug"; readonly reason: string };

const lookDeadlineMs = 1000;
const lookAgainMs = 100;

/** A record that was refused by a full store. */
interface Refused {
  readonly record: RecordInFlight;
  readonly reason: string;
  readonly firstSentAtMs: number;
  /** When it is looked for again; infinity while a read is under way. */
  lookAtMs: number;
  call: number | undefined;
}

/** What every write of an owner compares (rule 2). */
export function ownedAt(partition: number, epoch: number): Compare {
  return { key: ownerKey(partition), target: "modRevision", relation: "equal", value: epoch };
}

/** The record is there. */
export function recordKept(partition: number, n: number): Compare {
  return { key: logKey(partition, n), target: "version", relation: "greater", value: 0 };
}

export class Appender {
  readonly #partition: number;
  readonly #epoch: number;
  readonly #outbox: Outbox;
  readonly #txn: RetriedTxn;
  readonly #onResult: (result: AppendResult, nowMs: number) => void;
  #refused: Refused | undefined;

  constructor(options: {
    partition: number;
    epoch: number;
    outbox: Outbox;
    onResult: (result: AppendResult, nowMs: number) => void;
  }) {
    this.#partition = options.partition;
    this.#epoch = options.epoch;
    this.#outbox = options.outbox;
    this.#txn = new RetriedTxn(options.outbox);
    this.#onResult = options.onResult;
  }

  get busy(): boolean {
    return this.#txn.busy || this.#refused !== undefined;
  }

  nextWakeMs(): number {
    return this.#refused?.lookAtMs ?? this.#txn.nextWakeMs();
  }

  append(record: RecordInFlight, nowMs: number): void {
    const partition = this.#partition;
    const epoch = this.#epoch;
    const key = logKey(partition, record.n);
    this.#txn.send(
      {
        type: "txn",
        compares: [
          ownedAt(partition, epoch),
          { key, target: "version", relation: "equal", value: 0 },
          recordKept(partition, record.n - 1),
        ],
        puts: [{ key, value: record.bytes }],
        deletes: [],
        gets: [ownerKey(partition), key],
      },
      (outcome, tookMs, atMs) => {
        const result: AppendResult = outcome.succeeded
          ? { type: "committed", tookMs }
          : this.#interpret(record, outcome.found, tookMs);
        this.#onResult(result, atMs);
      },
      nowMs,
      {
        batchWaitMs: record.batchWaitMs,
        onFull: (reason) => {
          const lookAtMs = Number.POSITIVE_INFINITY;
          this.#refused = { record, reason, firstSentAtMs: nowMs, lookAtMs, call: undefined };
          this.#look(this.#refused);
        },
      },
    );
  }

  tick(nowMs: number): void {
    this.#txn.tick(nowMs);
    if (this.#refused !== undefined && nowMs >= this.#refused.lookAtMs) this.#look(this.#refused);
  }

  leaderChanged(nowMs: number): void {
    this.#txn.leaderChanged(nowMs);
    if (this.#refused !== undefined) this.#look(this.#refused);
  }

  /** Forgets the record; nobody will hear of it. */
  abandon(): void {
    this.#txn.abandon();
    if (this.#refused?.call !== undefined) this.#outbox.cancel(this.#refused.call);
    this.#refused = undefined;
  }

  /** Whether a record that was refused is there, in a moment after the refusal. */
  #look(refused: Refused): void {
    if (refused.call !== undefined) this.#outbox.cancel(refused.call);
    refused.lookAtMs = Number.POSITIVE_INFINITY;
    const { record, reason } = refused;
    const keys = [ownerKey(this.#partition), logKey(this.#partition, record.n)];
    refused.call = this.#outbox.call(
      { type: "read", keys },
      { deadlineMs: lookDeadlineMs },
      (outcome, atMs) => {
        refused.call = undefined;
        if (outcome.type !== "read") {
          refused.lookAtMs = atMs + lookAgainMs;
          return;
        }
        this.#refused = undefined;
        const [owner, found] = outcome.found;
        const absent = found === undefined && owner?.modRevision === this.#epoch;
        const result: AppendResult = absent
          ? { type: "refused", reason }
          : this.#interpret(record, outcome.found, atMs - refused.firstSentAtMs);
        this.#onResult(result, atMs);
      },
    );
  }

  /** The Else branch (rule 8). The record's own trace is looked at first: committed is committed. */
  #interpret(
    record: RecordInFlight,
    [owner, found]: readonly (StoredValue | undefined)[],
    tookMs: number,
  ): AppendResult {
    if (found !== undefined) {
      const header = decodeRecordHeader(found.value);
      if (header.epoch === this.#epoch && header.batchId === record.batchId) {
        return { type: "committed", tookMs };
      }
    }
    if (owner?.modRevision !== this.#epoch) {
      return { type: "fenced", owner };
    }
    const what =
      found === undefined ? "is absent, and so must be the one before it" : "is not mine";
    return {
      type: "bug",
      reason: `record ${record.n} of partition ${this.#partition} ${what}, though epoch ${this.#epoch} still owns it`,
    };
  }
}
