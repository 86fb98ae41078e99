/**
 * Reads a partition's records at one revision, page by page, into a session table (rule 6). Nothing
 * can be appended by a former owner after the takeover, so its revision shows the whole tail. Pages
 * adapt to the size of records: between 256 KB and 4 MB each.
 *
 * Nothing is folded into bases yet, so the tail starts at record 0. A gap, there or later, is an
 * error: who served without those records would not know what they acknowledged.
 */
import type { Operation } from "../gateway/session-writer.ts";
import { logKey, logPrefix, prefixEnd, recordNumber } from "./keys.ts";
import { decodeRecord } from "./record.ts";
import { SessionTable } from "./session-table.ts";
import type { Outbox, StoredValue, StoreOutcome } from "./store-call.ts";

const PAGE_RECORDS_MIN = 16;
const PAGE_RECORDS_MAX = 4096;
const PAGE_BYTES_SMALL = 256 * 1024;
const PAGE_BYTES_LARGE = 4 * 1024 * 1024;
const PAGE_DEADLINE_MS = 5000;
const RETRY_MS = 50;

export interface Tail {
  readonly table: SessionTable;
  readonly lastRecord: number;
}

export class TailReader {
  private readonly partition: number;
  private readonly outbox: Outbox;
  private readonly digestOf: (operation: Operation) => number;
  private readonly onRead: (tail: Tail, nowMs: number) => void;
  private revision: number;
  private table = new SessionTable();
  private nextKey: string;
  private lastRecord = -1;
  private pageRecords = PAGE_RECORDS_MIN;
  private call: number | undefined;
  private retryAtMs = Number.POSITIVE_INFINITY;

  constructor(options: {
    partition: number;
    /** The takeover's. */
    revision: number;
    outbox: Outbox;
    digestOf: (operation: Operation) => number;
    onRead: (tail: Tail, nowMs: number) => void;
  }) {
    this.partition = options.partition;
    this.revision = options.revision;
    this.outbox = options.outbox;
    this.digestOf = options.digestOf;
    this.onRead = options.onRead;
    this.nextKey = logPrefix(options.partition);
    this.readPage();
  }

  tick(nowMs: number): void {
    if (nowMs < this.retryAtMs) return;
    this.retryAtMs = Number.POSITIVE_INFINITY;
    this.readPage();
  }

  nextWakeMs(): number {
    return this.retryAtMs;
  }

  abandon(): void {
    if (this.call !== undefined) this.outbox.cancel(this.call);
    this.retryAtMs = Number.POSITIVE_INFINITY;
  }

  private readPage(): void {
    this.call = this.outbox.call(
      {
        type: "range",
        start: this.nextKey,
        end: prefixEnd(logPrefix(this.partition)),
        limit: this.pageRecords,
        revision: this.revision,
      },
      { deadlineMs: PAGE_DEADLINE_MS },
      (outcome, nowMs) => this.pageRead(outcome, nowMs),
    );
  }

  private pageRead(outcome: StoreOutcome, nowMs: number): void {
    this.call = undefined;
    if (outcome.type !== "range") {
      if (outcome.type === "failed" && outcome.compacted === true) this.startAgain();
      this.retryAtMs = nowMs + RETRY_MS;
      return;
    }
    // Every page after the first one is read at the same revision.
    if (this.revision === 0) this.revision = outcome.revision;
    let bytes = 0;
    for (const stored of outcome.values) {
      bytes += stored.value.length;
      this.replay(stored);
    }
    if (!outcome.more) {
      this.finish(nowMs);
      return;
    }
    if (bytes < PAGE_BYTES_SMALL)
      this.pageRecords = Math.min(PAGE_RECORDS_MAX, this.pageRecords * 2);
    if (bytes > PAGE_BYTES_LARGE)
      this.pageRecords = Math.max(PAGE_RECORDS_MIN, this.pageRecords / 2);
    this.readPage();
  }

  private replay(stored: StoredValue): void {
    const n = recordNumber(this.partition, stored.key);
    if (n !== this.lastRecord + 1) {
      throw new Error(
        `the log of partition ${this.partition} goes on with record ${n}, expected ${this.lastRecord + 1}`,
      );
    }
    this.lastRecord = n;
    for (const operation of decodeRecord(stored.value).operations) {
      this.table.apply(operation, this.digestOf(operation));
    }
    this.nextKey = logKey(this.partition, n + 1);
  }

  private finish(nowMs: number): void {
    const { table, lastRecord } = this;
    if (lastRecord < 0) {
      throw new Error(`the log of partition ${this.partition} is empty, record 0 must exist`);
    }
    this.onRead({ table, lastRecord }, nowMs);
  }

  /** The revision is compacted: the newest one shows the same tail, since only the owner writes. */
  private startAgain(): void {
    this.revision = 0;
    this.table = new SessionTable();
    this.nextKey = logPrefix(this.partition);
    this.lastRecord = -1;
  }
}
