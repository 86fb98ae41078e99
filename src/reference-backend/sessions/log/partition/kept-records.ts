/**
 * The untrimmed records of a partition, oldest first: their size, the sessions in them, and how many
 * from the oldest on are covered, that is, every session in them has a committed base that contains
 * them. Only covered ones may be trimmed, and never the newest (rules 7 and 18).
 */
import type { Session } from "../table/session.ts";

/** A record's key, and what etcd keeps beside key and value. */
const recordOverheadBytes = 64;
/** Sessions looked at in one step. */
const lookedAtMax = 16_384;

interface Kept {
  readonly bytes: number;
  readonly sessions: readonly Session[];
}

export class KeptRecords {
  /** Number of the oldest. */
  oldest: number;
  /** Of all of them. */
  bytes = 0;
  coveredBytes = 0;
  #records: Kept[] = [];
  /** Where the oldest is in `records`. */
  #head = 0;
  #coveredCount = 0;
  /** Sessions of the first uncovered record that have been looked at. */
  #coveredSessions = 0;

  constructor(oldest: number) {
    this.oldest = oldest;
  }

  /** Covered ones. */
  get covered(): number {
    return this.#coveredCount;
  }

  /** `sessions` may name one twice. */
  add(valueBytes: number, sessions: readonly Session[]): void {
    const bytes = valueBytes + recordOverheadBytes;
    this.#records.push({ bytes, sessions });
    this.bytes += bytes;
  }

  /** Looks which further records are covered by now; not all at once if there are many. */
  advance(): void {
    for (let looked = 0; looked < lookedAtMax; looked += 1) {
      const at = this.#head + this.#coveredCount;
      const record = this.#records[at];
      if (record === undefined || at === this.#records.length - 1) return;
      const session = record.sessions[this.#coveredSessions];
      if (session === undefined) {
        this.#coveredCount += 1;
        this.coveredBytes += record.bytes;
        this.#coveredSessions = 0;
      } else if (session.baseRecord >= this.oldest + this.#coveredCount) {
        this.#coveredSessions += 1;
      } else {
        return;
      }
    }
  }

  /** Sessions that must be folded for further records to be covered, in the order of need; some twice. */
  *uncovered(): Generator<Session> {
    let looked = 0;
    for (let at = this.#head + this.#coveredCount; at < this.#records.length - 1; at += 1) {
      const n = this.oldest + at - this.#head;
      for (const session of this.#records[at]?.sessions ?? []) {
        if (session.baseRecord < n) yield session;
        looked += 1;
        if (looked >= lookedAtMax) return;
      }
    }
  }

  /** Forgets the `count` oldest; returns the sessions in them, some twice. */
  trim(count: number): Session[] {
    if (count > this.#coveredCount)
      throw new RangeError(`${count} of ${this.#coveredCount} records`);
    const sessions: Session[] = [];
    for (const record of this.#records.slice(this.#head, this.#head + count)) {
      this.bytes -= record.bytes;
      this.coveredBytes -= record.bytes;
      for (const session of record.sessions) sessions.push(session);
    }
    this.#head += count;
    this.oldest += count;
    this.#coveredCount -= count;
    // The array is cut when half of it is behind; until then what is trimmed holds no session.
    this.#records.fill({ bytes: 0, sessions: [] }, this.#head - count, this.#head);
    if (this.#head * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
    return sessions;
  }
}
