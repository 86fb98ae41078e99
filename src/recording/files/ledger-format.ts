/**
 * The ledgers of all lanes as streams (`docs/swarm-protocol.md`). What a record begins with is the same in
 * each; what follows is the lane's payload, which its layout reads. A run of 90 s has some 800,000 records, so
 * one record object is reused for all of them and 64-bit times are read as two halves.
 *
 * A file that was cut off is read as far as it goes; what is wrong with it is said, not thrown, since
 * the verdict of a partial ledger is "unknown" and not an error of the operator's.
 */
import { type FollowedFile, FollowedRecords } from "./followed-records.ts";
import { int64At, readHeader, readRecordBlocks } from "./record-stream.ts";

export const ledgerTypes = {
  attempt: 1,
  outcome: 2,
  readAttempt: 3,
  readOutcome: 4,
  closing: 255,
} as const;
export const ledgerOutcomes = { ok: 1, fail: 2, unknown: 3 } as const;

const magic = "HUNTLEDG";
/** Reads came with the second one; the third one names its layout. */
const versions = { withoutReads: 1, ofSessions: 2, ofAnyLane: 3 } as const;
const headerBytes = 40;
const commonBytes = 32;
/** What ledgers held before they named their layout. */
const firstLayout = "ses1";

/**
 * Fields as in the file; times in microseconds since run second 0. Of a read, `sequence` is the number of
 * the read on its device.
 */
export interface CommonRecord {
  type: number;
  outcome: number;
  device: number;
  kind: number;
  player: number;
  sequence: number;
  digest: number;
  atUs: number;
  intendedUs: number;
}

/** What a lane's records hold behind their common part. */
export interface LedgerLayout<R extends CommonRecord> {
  /** Four characters, as the header has them. */
  readonly name: string;
  readonly payloadBytes: number;
  /** The object that is filled again and again. */
  emptyRecord(): R;
  /** @param offset Where the payload begins. */
  readPayload(view: DataView, offset: number, record: R): void;
}

export interface LedgerEnd {
  /** Whole records, the closing one left out. */
  readonly records: number;
  /** What is wrong with the file, in a sentence; undefined when it was closed in order. */
  readonly problem: string | undefined;
}

export type RecordVisitor<R extends CommonRecord> = (record: Readonly<R>) => void;

export interface LedgerVisitors<R extends CommonRecord> {
  /** Each attempt and outcome of a write, in file order; the object is reused. */
  readonly write: RecordVisitor<R>;
  /** Those of the reads that the lane audits. */
  readonly read?: RecordVisitor<R>;
}

/** @throws Error only when the file cannot be read at all. */
export async function readLedgerOf<R extends CommonRecord>(
  layout: LedgerLayout<R>,
  path: string,
  visitors: LedgerVisitors<R>,
): Promise<LedgerEnd> {
  const header = await readHeader(path, headerBytes);
  const problem = headerProblem(header, layout);
  if (problem !== undefined) return { records: 0, problem };
  return readRecords(layout, path, visitors, header);
}

/** The common part of any lane's ledger. */
export async function readCommonLedger(
  path: string,
  visitors: LedgerVisitors<CommonRecord>,
): Promise<LedgerEnd> {
  const header = await readHeader(path, headerBytes);
  const problem = headerProblem(header);
  if (problem !== undefined) return { records: 0, problem };
  const layout = {
    name: "",
    payloadBytes: header.readUInt32LE(12) - commonBytes,
    emptyRecord: emptyCommonRecord,
    readPayload: () => {},
  };
  return readRecords(layout, path, visitors, header);
}

/** The writes while the file is being written: no problem that it is not closed yet. */
export function followLedgerOf<R extends CommonRecord>(
  layout: LedgerLayout<R>,
  path: string,
  visit: RecordVisitor<R>,
): FollowedFile {
  const records = new LedgerRecords(layout, { write: visit }, true);
  return new FollowedRecords(
    path,
    { headerBytes, recordBytes: records.recordBytes },
    (header) => headerProblem(header, layout),
    records,
  );
}

export function emptyCommonRecord(): CommonRecord {
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
  };
}

export function recordBytesOf(layout: { readonly payloadBytes: number }): number {
  return commonBytes + layout.payloadBytes;
}

async function readRecords<R extends CommonRecord>(
  layout: LedgerLayout<R>,
  path: string,
  visitors: LedgerVisitors<R>,
  header: Buffer,
): Promise<LedgerEnd> {
  const hasReads = header.readUInt32LE(8) !== versions.withoutReads;
  const records = new LedgerRecords(layout, visitors, hasReads);
  const left = await readRecordBlocks(path, headerBytes, records.recordBytes, (view, count) =>
    records.read(view, count),
  );
  return { records: records.count, problem: records.problemAtEnd(left) };
}

class LedgerRecords<R extends CommonRecord> {
  readonly recordBytes: number;
  readonly #layout: LedgerLayout<R>;
  readonly #visitors: LedgerVisitors<R>;
  readonly #hasReads: boolean;
  readonly #record: R;
  count = 0;
  #closedAt: number | undefined;
  #strange = 0;

  constructor(layout: LedgerLayout<R>, visitors: LedgerVisitors<R>, hasReads: boolean) {
    this.recordBytes = recordBytesOf(layout);
    this.#layout = layout;
    this.#visitors = visitors;
    this.#hasReads = hasReads;
    this.#record = layout.emptyRecord();
  }

  get closed(): boolean {
    return this.#closedAt !== undefined;
  }

  get problem(): string | undefined {
    if (this.#strange === 0) return undefined;
    return `ledger.bin holds ${this.#strange} records of no known type.`;
  }

  read(view: DataView, count: number): void {
    const { write, read } = this.#visitors;
    for (let index = 0; index < count; index += 1) {
      const offset = index * this.recordBytes;
      const type = view.getUint8(offset);
      if (type === ledgerTypes.closing) {
        this.#closedAt = int64At(view, offset + 4);
      } else if (type === ledgerTypes.attempt || type === ledgerTypes.outcome) {
        write(this.#recordAt(view, offset));
      } else if (this.#hasReads && isRead(type)) {
        const record = this.#recordAt(view, offset);
        read?.(record);
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
      return `ledger.bin is cut off in the middle of a record: its last ${left} of ${this.recordBytes} bytes, behind ${count} whole records.`;
    }
    if (this.#closedAt === undefined) {
      return `ledger.bin is partial: it was not closed, and ${count} whole records were read.`;
    }
    if (this.#closedAt !== count) {
      return `ledger.bin was closed after ${this.#closedAt} records, but ${count} were read.`;
    }
    return undefined;
  }

  #recordAt(view: DataView, offset: number): R {
    const record = this.#record;
    readCommon(view, offset, record);
    this.#layout.readPayload(view, offset + commonBytes, record);
    this.count += 1;
    return record;
  }
}

function isRead(type: number): boolean {
  return type === ledgerTypes.readAttempt || type === ledgerTypes.readOutcome;
}

/** @param layout What it has to hold; any when absent. */
function headerProblem(
  header: Buffer,
  layout?: { readonly name: string; readonly payloadBytes: number },
): string | undefined {
  if (header.length < headerBytes || header.toString("latin1", 0, 8) !== magic) {
    return "ledger.bin is not a ledger: its header is missing or cut off.";
  }
  const version = header.readUInt32LE(8);
  if (version < versions.withoutReads || version > versions.ofAnyLane) {
    return `ledger.bin has version ${version}; this hunt reads ${versions.withoutReads} to ${versions.ofAnyLane}.`;
  }
  const name =
    version === versions.ofAnyLane ? header.toString("latin1", 36, headerBytes) : firstLayout;
  if (layout !== undefined && name !== layout.name) {
    return `ledger.bin has the layout "${name}", expected "${layout.name}": it is another lane's, or a newer hunt's.`;
  }
  const size = header.readUInt32LE(12);
  const wanted = layout === undefined ? Math.max(size, commonBytes) : recordBytesOf(layout);
  if (size === wanted) return undefined;
  return `ledger.bin has records of ${size} bytes; this hunt reads ${wanted}.`;
}

function readCommon(view: DataView, offset: number, record: CommonRecord): void {
  record.type = view.getUint8(offset);
  record.outcome = view.getUint8(offset + 1);
  record.device = view.getUint8(offset + 2);
  record.kind = view.getUint8(offset + 3);
  record.player = view.getUint32(offset + 4, true);
  record.sequence = view.getUint32(offset + 8, true);
  record.digest = view.getUint32(offset + 12, true);
  record.atUs = int64At(view, offset + 16);
  record.intendedUs = int64At(view, offset + 24);
}
