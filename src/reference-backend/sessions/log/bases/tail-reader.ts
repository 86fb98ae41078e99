/**
 * Reads a partition's records at one revision, page by page, into a session table (rule 6). Nothing
 * can be written by a former owner after the takeover, so its revision shows the whole tail: from
 * the oldest record that was not trimmed, whatever its number, without a gap. A gap is an error: who
 * served without those records would not know what they acknowledged.
 *
 * Pages are small, so that what else the process serves is not held up by one, and the next one is
 * asked for before one is taken in.
 */

import { logKey, logPrefix, prefixEnd, recordNumber } from "../format/keys.ts";
import { scanRecord } from "../format/record.ts";
import { KeptRecords } from "../partition/kept-records.ts";
import type { Outbox, StoredValue, StoreOutcome } from "../store/store-call.ts";
import type { Session } from "../table/session.ts";
import { SessionNames } from "../table/session-names.ts";
import { SessionTable, type SessionTableOptions } from "../table/session-table.ts";

const pageRecordsMin = 16;
const pageRecordsMax = 512;
const pageBytesSmall = 64 * 1024;
const pageBytesLarge = 256 * 1024;
/** Of a page, doubled whenever it passes: a lost page must not cost a takeover seconds. */
const pageDeadlineMs = 1000;
const pageDeadlineMsMax = 5000;
const retryMs = 50;

export interface Tail {
  readonly table: SessionTable;
  readonly kept: KeptRecords;
  readonly lastRecord: number;
}

export interface TailReaderOptions {
  readonly partition: number;
  /** The takeover's. */
  readonly revision: number;
  readonly outbox: Outbox;
  readonly table: SessionTableOptions;
  readonly onRead: (tail: Tail, nowMs: number) => void;
}

export class TailReader {
  readonly #options: TailReaderOptions;
  #revision: number;
  #table: SessionTable;
  #names = new SessionNames();
  #kept: KeptRecords | undefined;
  #nextKey: string;
  #lastRecord = -1;
  #pageRecords = pageRecordsMin;
  #pageDeadlineMs = pageDeadlineMs;
  #call: number | undefined;
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(options: TailReaderOptions) {
    this.#options = options;
    this.#revision = options.revision;
    this.#table = new SessionTable(options.table);
    this.#nextKey = logPrefix(options.partition);
    this.#readPage();
  }

  tick(nowMs: number): void {
    if (nowMs < this.#retryAtMs) return;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    this.#readPage();
  }

  nextWakeMs(): number {
    return this.#retryAtMs;
  }

  abandon(): void {
    if (this.#call !== undefined) this.#options.outbox.cancel(this.#call);
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  #readPage(): void {
    const { partition, outbox } = this.#options;
    this.#call = outbox.call(
      {
        type: "range",
        start: this.#nextKey,
        end: prefixEnd(logPrefix(partition)),
        limit: this.#pageRecords,
        revision: this.#revision,
      },
      { deadlineMs: this.#pageDeadlineMs },
      (outcome, nowMs) => this.#pageRead(outcome, nowMs),
    );
  }

  #pageRead(outcome: StoreOutcome, nowMs: number): void {
    this.#call = undefined;
    if (outcome.type !== "range") {
      if (outcome.type === "failed" && outcome.applied === "maybe") {
        this.#pageDeadlineMs = Math.min(pageDeadlineMsMax, this.#pageDeadlineMs * 2);
      }
      if (outcome.type === "failed" && outcome.compacted === true) this.#startAgain();
      this.#retryAtMs = nowMs + retryMs;
      return;
    }
    // Every page after the first one is read at the same revision.
    if (this.#revision === 0) this.#revision = outcome.revision;
    const newest = outcome.values.at(-1);
    if (outcome.more && newest !== undefined) {
      this.#nextKey = logKey(this.#options.partition, this.#numberOf(newest) + 1);
      this.#adaptPage(outcome.values);
      this.#readPage();
    }
    for (const stored of outcome.values) this.#replay(stored);
    if (!outcome.more) this.#finish(nowMs);
  }

  #adaptPage(values: readonly StoredValue[]): void {
    let bytes = 0;
    for (const { value } of values) bytes += value.length;
    if (bytes < pageBytesSmall) this.#pageRecords = Math.min(pageRecordsMax, this.#pageRecords * 2);
    if (bytes > pageBytesLarge) this.#pageRecords = Math.max(pageRecordsMin, this.#pageRecords / 2);
  }

  #replay(stored: StoredValue): void {
    const n = this.#numberOf(stored);
    this.#kept ??= new KeptRecords(n);
    if (this.#lastRecord >= 0 && n !== this.#lastRecord + 1) {
      throw new Error(
        `the log of partition ${this.#options.partition} goes on with record ${n}, expected ${this.#lastRecord + 1}`,
      );
    }
    this.#lastRecord = n;
    const table = this.#table;
    const { value } = stored;
    const sessions: Session[] = [];
    table.addTailRecord(n, value);
    scanRecord(value, ({ kind, offset, idStart, idEnd }) => {
      const session =
        this.#names.find(value, idStart, idEnd) ?? this.#lookUp(value, idStart, idEnd);
      table.addTailOperation(session, kind, n, offset);
      sessions.push(session);
    });
    this.#kept.add(stored.value.length, sessions);
  }

  #lookUp(bytes: Uint8Array, start: number, end: number): Session {
    const session = this.#table.findOrAdd(new TextDecoder().decode(bytes.subarray(start, end)));
    this.#names.put(session, bytes, start, end);
    return session;
  }

  #finish(nowMs: number): void {
    const table = this.#table;
    const kept = this.#kept;
    const lastRecord = this.#lastRecord;
    if (kept === undefined) {
      throw new Error(
        `the log of partition ${this.#options.partition} is empty, its newest record must exist`,
      );
    }
    this.#options.onRead({ table, kept, lastRecord }, nowMs);
  }

  /** The revision is compacted: the newest one shows the same tail, since only the owner writes. */
  #startAgain(): void {
    this.#revision = 0;
    this.#table = new SessionTable(this.#options.table);
    this.#names = new SessionNames();
    this.#kept = undefined;
    this.#nextKey = logPrefix(this.#options.partition);
    this.#lastRecord = -1;
  }

  #numberOf({ key }: StoredValue): number {
    return recordNumber(this.#options.partition, key);
  }
}
