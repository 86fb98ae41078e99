/**
 * The untrimmed records of every partition and where each session's operations stand in them (rule
 * 20). Records are kept as bytes; of an operation only its place is: 8 bytes where a decoded one
 * would take a hundred. Deleted records are forgotten at once, the places in them a few at a time,
 * since a trim deletes thousands of records in one revision.
 */
import { Buffer } from "node:buffer";
import type { Operation, OperationKind } from "../../gateway/session-writer.ts";
import { decodeOperationAt, scanRecord } from "../../log/format/record.ts";
import { InconsistentStore } from "./session-index.ts";

/** A place is n * OFFSETS + offset: records are at most 1 MB, n stays below 2^32. */
const offsets = 2 ** 21;
/** Map entry, object, array with its spare room of a session; the same of a record. */
const tailOverheadBytes = 320;
const recordOverheadBytes = 200;
const placeBytes = 8;

interface PartitionLog {
  oldest: number;
  next: number;
  readonly records: Map<number, Buffer>;
}

interface SessionTail {
  readonly partition: number;
  readonly log: PartitionLog;
  /** Ascending; places in records before `log.oldest` are gone. */
  places: number[];
}

export interface TailOperation {
  readonly n: number;
  readonly operation: Operation;
}

export class SessionTails {
  readonly #logs = new Map<number, PartitionLog>();
  readonly #tails = new Map<string, SessionTail>();
  readonly #deleted: Buffer[] = [];
  readonly #onEmptied: (session: string) => void;
  #held = 0;

  /** `onEmptied`: the last operation of a session was trimmed. */
  constructor(onEmptied: (session: string) => void) {
    this.#onEmptied = onEmptied;
  }

  get bytes(): number {
    return this.#held;
  }

  /**
   * The record that must come next; the first one seen may have any number. Visits its operations,
   * which are decoded only where `decode` is called.
   * @throws InconsistentStore, or RangeError when the record is not understood
   */
  append(
    partition: number,
    n: number,
    value: Uint8Array,
    visit: (session: string, kind: OperationKind, decode: () => Operation) => void,
  ): void {
    const log = this.#logs.get(partition) ?? { oldest: n, next: n, records: new Map() };
    if (n !== log.next) {
      throw new InconsistentStore(
        `record ${n} follows record ${log.next - 1} of partition ${partition}: expected record ${log.next} of partition ${partition}`,
      );
    }
    this.#logs.set(partition, log);
    // A copy: the value is a view into the whole message that it came in.
    const bytes = Buffer.allocUnsafeSlow(value.length);
    bytes.set(value);
    log.records.set(n, bytes);
    log.next += 1;
    this.#held += bytes.length + recordOverheadBytes;
    scanRecord(bytes, ({ kind, offset, idStart, idEnd }) => {
      const session = bytes.toString("utf8", idStart, idEnd);
      this.#add(partition, log, session, n * offsets + offset);
      visit(session, kind, () => decodeOperationAt(bytes, offset, session));
    });
  }

  /** Trims take records from the oldest one on, and leave the newest (rule 7). @throws InconsistentStore */
  delete(partition: number, n: number): void {
    const log = this.#logs.get(partition);
    if (log === undefined || n !== log.oldest || n + 1 >= log.next) {
      const kept = log === undefined ? "none is" : `${log.oldest} to ${log.next - 1} are`;
      throw new InconsistentStore(
        `record ${n} of partition ${partition} was deleted while ${kept} kept`,
      );
    }
    const bytes = log.records.get(n);
    log.records.delete(n);
    log.oldest += 1;
    if (bytes === undefined) return;
    this.#held -= bytes.length + recordOverheadBytes;
    this.#deleted.push(bytes);
  }

  partition(session: string): number | undefined {
    return this.#tails.get(session)?.partition;
  }

  /** The operations of the session in the records kept, oldest first. */
  operations(session: string): TailOperation[] {
    const tail = this.#tails.get(session);
    if (tail === undefined) return [];
    const found: TailOperation[] = [];
    for (const place of tail.places) {
      const n = Math.floor(place / offsets);
      const bytes = tail.log.records.get(n);
      if (bytes === undefined) continue;
      found.push({ n, operation: decodeOperationAt(bytes, place - n * offsets, session) });
    }
    return found;
  }

  /** Forgets the places in deleted records; true: there are more. */
  tidy(operationsMax: number): boolean {
    let left = operationsMax;
    while (left > 0) {
      const bytes = this.#deleted.shift();
      if (bytes === undefined) return false;
      scanRecord(bytes, ({ idStart, idEnd }) => {
        left -= 1;
        this.#forgetDeleted(bytes.toString("utf8", idStart, idEnd));
      });
    }
    return this.#deleted.length > 0;
  }

  #add(partition: number, log: PartitionLog, session: string, place: number): void {
    this.#held += placeBytes;
    const tail = this.#tails.get(session);
    if (tail !== undefined) {
      tail.places.push(place);
      return;
    }
    this.#tails.set(session, { partition, log, places: [place] });
    this.#held += tailOverheadBytes;
  }

  #forgetDeleted(session: string): void {
    const tail = this.#tails.get(session);
    if (tail === undefined) return;
    const from = tail.log.oldest * offsets;
    const kept = tail.places.findIndex((place) => place >= from);
    if (kept === 0) return;
    const gone = kept === -1 ? tail.places.length : kept;
    this.#held -= gone * placeBytes;
    if (kept > 0) {
      tail.places = tail.places.slice(kept);
      return;
    }
    this.#tails.delete(session);
    this.#held -= tailOverheadBytes;
    this.#onEmptied(session);
  }
}
