/**
 * One record in flight (rules 7 to 10), and what the answer of its Txn means. An attempt that was
 * given up and commits late is found by the next one's Else.
 */
import { logKey, ownerKey } from "./keys.ts";
import { decodeRecordHeader } from "./record.ts";
import { RetriedTxn } from "./retried-txn.ts";
import type { Compare, Outbox, StoredValue } from "./store-call.ts";

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

/** What every write of an owner compares (rule 2). */
export function ownedAt(partition: number, epoch: number): Compare {
  return { key: ownerKey(partition), target: "modRevision", relation: "equal", value: epoch };
}

/** The record is there. */
export function recordKept(partition: number, n: number): Compare {
  return { key: logKey(partition, n), target: "version", relation: "greater", value: 0 };
}

export class Appender {
  private readonly partition: number;
  private readonly epoch: number;
  private readonly txn: RetriedTxn;
  private readonly onResult: (result: AppendResult, nowMs: number) => void;

  constructor(options: {
    partition: number;
    epoch: number;
    outbox: Outbox;
    onResult: (result: AppendResult, nowMs: number) => void;
  }) {
    this.partition = options.partition;
    this.epoch = options.epoch;
    this.txn = new RetriedTxn(options.outbox);
    this.onResult = options.onResult;
  }

  get busy(): boolean {
    return this.txn.busy;
  }

  nextWakeMs(): number {
    return this.txn.nextWakeMs();
  }

  append(record: RecordInFlight, nowMs: number): void {
    const { partition, epoch } = this;
    const key = logKey(partition, record.n);
    this.txn.send(
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
          : this.interpret(record, outcome.found, tookMs);
        this.onResult(result, atMs);
      },
      nowMs,
      record.batchWaitMs,
    );
  }

  tick(nowMs: number): void {
    this.txn.tick(nowMs);
  }

  leaderChanged(nowMs: number): void {
    this.txn.leaderChanged(nowMs);
  }

  /** Forgets the record; nobody will hear of it. */
  abandon(): void {
    this.txn.abandon();
  }

  /** The Else branch (rule 8). The record's own trace is looked at first: committed is committed. */
  private interpret(
    record: RecordInFlight,
    [owner, found]: readonly (StoredValue | undefined)[],
    tookMs: number,
  ): AppendResult {
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
}
