/**
 * `ledger.bin` as a stream (`docs/swarm-protocol.md`). A run of 90 s has some 800,000 records, so one
 * record object is reused for all of them and 64-bit times are read as two halves.
 *
 * A file that was cut off is read as far as it goes; what is wrong with it is said, not thrown, since
 * the verdict of a partial ledger is "unknown" and not an error of the operator's.
 */
import { type FollowedFile, FollowedRecords } from "./followed-records.ts";
import { int64At, readHeader, readRecordBlocks, sizeOf } from "./record-stream.ts";

export const ledgerTypes = {
  attempt: 1,
  outcome: 2,
  readAttempt: 3,
  readOutcome: 4,
  closing: 255,
} as const;
export const ledgerOutcomes = { ok: 1, fail: 2, unknown: 3 } as const;

const magic = "HUNTLEDG";
/** Reads came with the second one. */
const [versionWithoutReads, version] = [1, 2];
const headerBytes = 40;
const recordBytes = 40;

/**
 * Fields as in the file; times in microseconds since run second 0. Of a read, `sequence` is the number of
 * the read on its device, and an attempt's `revision` what it asks for at least.
 */
export interface LedgerRecord {
  type: number;
  outcome: number;
  device: number;
  kind: number;
  player: number;
  sequence: number;
  digest: number;
  atUs: number;
  intendedUs: number;
  revision: number;
  sends: number;
}

export interface LedgerEnd {
  /** Whole records, the closing one left out. */
  readonly records: number;
  /** What is wrong with the file, in a sentence; undefined when it was closed in order. */
  readonly problem: string | undefined;
}

export type LedgerVisitor = (record: Readonly<LedgerRecord>) => void;

/**
 * Calls `visit` with each attempt and outcome of a write, and `visitRead` with those of the audited players'
 * reads, all in file order; the object is reused.
 * @throws Error only when the file cannot be read at all.
 */
export async function readLedger(
  path: string,
  visit: LedgerVisitor,
  visitRead: LedgerVisitor = () => {},
): Promise<LedgerEnd> {
  const header = await readHeader(path, headerBytes);
  const headerProblem = checkHeader(header);
  if (headerProblem !== undefined) return { records: 0, problem: headerProblem };
  const hasReads = header.readUInt32LE(8) !== versionWithoutReads;
  const records = new LedgerRecords(visit, visitRead, hasReads);
  const left = await readRecordBlocks(path, headerBytes, recordBytes, (view, count) =>
    records.read(view, count),
  );
  return { records: records.count, problem: records.problemAtEnd(left) };
}

/** At most: each has an attempt and an outcome. 0 for a file that is not there. */
export async function operationsIn(path: string): Promise<number> {
  return Math.floor((await sizeOf(path)) / (2 * recordBytes));
}

/** The writes while the file is being written: no problem that it is not closed yet. */
export function followLedger(path: string, visit: LedgerVisitor): FollowedFile {
  const records = new LedgerRecords(visit, () => {}, true);
  return new FollowedRecords(path, { headerBytes, recordBytes }, checkHeader, records);
}

class LedgerRecords {
  readonly #visit: LedgerVisitor;
  readonly #visitRead: LedgerVisitor;
  readonly #hasReads: boolean;
  readonly #record = emptyRecord();
  count = 0;
  #closedAt: number | undefined;
  #strange = 0;

  constructor(visit: LedgerVisitor, visitRead: LedgerVisitor, hasReads: boolean) {
    this.#visit = visit;
    this.#visitRead = visitRead;
    this.#hasReads = hasReads;
  }

  get closed(): boolean {
    return this.#closedAt !== undefined;
  }

  get problem(): string | undefined {
    if (this.#strange === 0) return undefined;
    return `ledger.bin holds ${this.#strange} records of no known type.`;
  }

  read(view: DataView, count: number): void {
    for (let index = 0; index < count; index += 1) {
      const offset = index * recordBytes;
      const type = view.getUint8(offset);
      if (type === ledgerTypes.closing) {
        this.#closedAt = int64At(view, offset + 4);
      } else if (type === ledgerTypes.attempt || type === ledgerTypes.outcome) {
        readRecord(view, offset, this.#record);
        this.count += 1;
        this.#visit(this.#record);
      } else if (this.#hasReads && isRead(type)) {
        readRecord(view, offset, this.#record);
        this.count += 1;
        this.#visitRead(this.#record);
      } else {
        this.#strange += 1;
      }
    }
  }

  /** @param left bytes behind the last whole record. */
  problemAtEnd(left: number): string | undefined {
    const { count } = this;
    if (this.problem !== undefined) return this.problem;
    if (left > 0) {
      return `ledger.bin is cut off in the middle of a record: its last ${left} of ${recordBytes} bytes, behind ${count} whole records.`;
    }
    if (this.#closedAt === undefined) {
      return `ledger.bin is partial: it was not closed, and ${count} whole records were read.`;
    }
    if (this.#closedAt !== count) {
      return `ledger.bin was closed after ${this.#closedAt} records, but ${count} were read.`;
    }
    return undefined;
  }
}

function isRead(type: number): boolean {
  return type === ledgerTypes.readAttempt || type === ledgerTypes.readOutcome;
}

function checkHeader(header: Buffer): string | undefined {
  if (header.length < headerBytes || header.toString("latin1", 0, 8) !== magic) {
    return "ledger.bin is not a ledger: its header is missing or cut off.";
  }
  const found = header.readUInt32LE(8);
  if (found !== version && found !== versionWithoutReads) {
    return `ledger.bin has version ${found}; this hunt reads ${versionWithoutReads} and ${version}.`;
  }
  const size = header.readUInt32LE(12);
  if (size === recordBytes) return undefined;
  return `ledger.bin has records of ${size} bytes; this hunt reads ${recordBytes}.`;
}

function emptyRecord(): LedgerRecord {
  return {
    type: 0,
    outcome: 0,
    device: 0,
    kind: 0,
    player: 0,
    sequence: 0,
    digest: 0,
    atUs: 0,
    intendedUs: 0,
    revision: 0,
    sends: 0,
  };
}

function readRecord(view: DataView, offset: number, record: LedgerRecord): void {
  record.type = view.getUint8(offset);
  record.outcome = view.getUint8(offset + 1);
  record.device = view.getUint8(offset + 2);
  record.kind = view.getUint8(offset + 3);
  record.player = view.getUint32(offset + 4, true);
  record.sequence = view.getUint32(offset + 8, true);
  record.digest = view.getUint32(offset + 12, true);
  record.atUs = int64At(view, offset + 16);
  record.intendedUs = int64At(view, offset + 24);
  record.revision = view.getUint32(offset + 32, true);
  record.sends = view.getUint32(offset + 36, true);
}
