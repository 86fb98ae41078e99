/**
 * `audit.bin`: the session log as the auditor saw it (`docs/run-folder.md`). Slots of 16 bytes: a record
 * of the log takes two (what it is, and its place in the store), each of its operations one. So it is
 * written as it comes, read without allocating, and 240,000 operations are 4 MB.
 */
import { type FollowedFile, FollowedRecords } from "../../../recording/files/followed-records.ts";
import { readHeader, readRecordBlocks, sizeOf } from "../../../recording/files/record-stream.ts";

const types = { record: 1, place: 2, operation: 3, hole: 4, unreadable: 5, closing: 255 } as const;

const magic = "HUNTAUDT";
const version = 1;
const headerBytes = 16;
const slotBytes = 16;

/** The player of an operation whose session has no name that a player of hunt's would have. */
export const foreignPlayer = 0xffff_ffff;

export interface AuditedRecord {
  partition: number;
  /** n of `/hunt/log/<partition>/<n>`. */
  index: number;
  /** How many operations follow. */
  operations: number;
  /** When the auditor saw it, milliseconds since it began. */
  seenMs: number;
  /** The store's revision that wrote it. */
  revision: number;
  epoch: number;
}

export interface AuditedOperation {
  player: number;
  device: number;
  sequence: number;
  kind: number;
  /** `docs/session-log-format.md`. */
  digest: number;
}

export interface AuditVisitor {
  /** Its operations follow; the object is reused. */
  record(record: Readonly<AuditedRecord>): void;
  /** The object is reused. */
  operation(operation: Readonly<AuditedOperation>): void;
  /** The store had compacted these revisions away before they were seen; both ends included. */
  hole(fromRevision: number, toRevision: number): void;
  /** What stands at this place of the log is no record. */
  unreadable(partition: number, index: number): void;
}

/** Encodes entries as they come; `write` is handed buffers that are its own. */
export class AuditWriter {
  readonly #write: (bytes: Buffer) => void;
  #slots = 0;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
    const header = Buffer.alloc(headerBytes);
    header.write(magic, "latin1");
    header.writeUInt32LE(version, 8);
    header.writeUInt32LE(slotBytes, 12);
    this.#write(header);
  }

  record(
    record: Omit<AuditedRecord, "operations">,
    operations: readonly Readonly<AuditedOperation>[],
  ): void {
    const bytes = this.#take(2 + operations.length);
    bytes.writeUInt8(types.record, 0);
    bytes.writeUInt16LE(record.partition, 2);
    bytes.writeUInt32LE(record.index, 4);
    bytes.writeUInt32LE(operations.length, 8);
    bytes.writeUInt32LE(record.seenMs, 12);
    bytes.writeUInt8(types.place, slotBytes);
    bytes.writeUIntLE(record.revision, slotBytes + 2, 6);
    bytes.writeUIntLE(record.epoch, slotBytes + 8, 6);
    for (const [at, operation] of operations.entries()) {
      const offset = (2 + at) * slotBytes;
      bytes.writeUInt8(types.operation, offset);
      bytes.writeUInt8(operation.device, offset + 1);
      bytes.writeUInt8(operation.kind, offset + 2);
      bytes.writeUInt32LE(operation.player, offset + 4);
      bytes.writeUInt32LE(operation.sequence, offset + 8);
      bytes.writeUInt32LE(operation.digest, offset + 12);
    }
    this.#write(bytes);
  }

  hole(fromRevision: number, toRevision: number): void {
    const bytes = this.#take(1);
    bytes.writeUInt8(types.hole, 0);
    bytes.writeUIntLE(fromRevision, 2, 6);
    bytes.writeUIntLE(toRevision, 8, 6);
    this.#write(bytes);
  }

  unreadable(partition: number, index: number): void {
    const bytes = this.#take(1);
    bytes.writeUInt8(types.unreadable, 0);
    bytes.writeUInt16LE(partition, 2);
    bytes.writeUInt32LE(index, 4);
    this.#write(bytes);
  }

  /** Only when everything up to the newest record of the log was seen. */
  close(): void {
    const slots = this.#slots;
    const bytes = this.#take(1);
    bytes.writeUInt8(types.closing, 0);
    bytes.writeUIntLE(slots, 4, 6);
    this.#write(bytes);
  }

  #take(slots: number): Buffer {
    this.#slots += slots;
    return Buffer.alloc(slots * slotBytes);
  }
}

/**
 * Calls the visitor in file order.
 * @returns what is wrong with the file, in a sentence; undefined for one that was closed in order.
 * @throws Error only when the file cannot be read at all.
 */
export async function readAudit(path: string, visitor: AuditVisitor): Promise<string | undefined> {
  const problem = checkHeader(await readHeader(path, headerBytes));
  if (problem !== undefined) return problem;
  const reader = new SlotReader(visitor);
  const left = await readRecordBlocks(path, headerBytes, slotBytes, (view, count) =>
    reader.read(view, count),
  );
  if (left > 0) return "audit.bin is cut off in the middle of an entry.";
  return reader.problemAtEnd();
}

/** At most. 0 for a file that is not there. */
export async function operationsLogged(path: string): Promise<number> {
  return Math.floor((await sizeOf(path)) / slotBytes);
}

/** The same while the auditor writes the file: no problem that it is not closed yet. */
export function followAudit(path: string, visitor: AuditVisitor): FollowedFile {
  const reader = new SlotReader(visitor);
  return new FollowedRecords(path, { headerBytes, recordBytes: slotBytes }, checkHeader, reader);
}

function checkHeader(header: Buffer): string | undefined {
  if (header.length < headerBytes || header.toString("latin1", 0, 8) !== magic) {
    return "audit.bin is no audit: its header is missing or cut off.";
  }
  const found = header.readUInt32LE(8);
  if (found !== version) return `audit.bin has version ${found}; this hunt reads ${version}.`;
  const size = header.readUInt32LE(12);
  if (size === slotBytes) return undefined;
  return `audit.bin has entries of ${size} bytes; this hunt reads ${slotBytes}.`;
}

class SlotReader {
  readonly #visitor: AuditVisitor;
  readonly #record: AuditedRecord = {
    ...{ partition: 0, index: 0, operations: 0, seenMs: 0, revision: 0, epoch: 0 },
  };
  readonly #operation: AuditedOperation = { player: 0, device: 0, sequence: 0, kind: 0, digest: 0 };
  #slots = 0;
  /** Operations of the last record that are still to come. */
  #due = 0;
  #placeDue = false;
  #strange = 0;
  #closedAt: number | undefined;

  constructor(visitor: AuditVisitor) {
    this.#visitor = visitor;
  }

  get closed(): boolean {
    return this.#closedAt !== undefined;
  }

  get problem(): string | undefined {
    if (this.#strange === 0) return undefined;
    return `audit.bin holds ${this.#strange} entries of no known type or at a wrong place.`;
  }

  read(view: DataView, count: number): void {
    for (let slot = 0; slot < count; slot += 1) this.#readSlot(view, slot * slotBytes);
  }

  #readSlot(view: DataView, offset: number): void {
    const type = view.getUint8(offset);
    if (type === types.closing) {
      this.#closedAt = uint48At(view, offset + 4);
      return;
    }
    this.#slots += 1;
    const fits = this.#placeDue
      ? type === types.place
      : (type === types.operation) === this.#due > 0;
    if (!fits) this.#strange += 1;
    else if (type === types.operation) this.#readOperation(view, offset);
    else if (type === types.record) this.#readRecord(view, offset);
    else if (type === types.place) this.#readPlace(view, offset);
    else if (type === types.hole) {
      this.#visitor.hole(uint48At(view, offset + 2), uint48At(view, offset + 8));
    } else if (type === types.unreadable) {
      this.#visitor.unreadable(view.getUint16(offset + 2, true), view.getUint32(offset + 4, true));
    } else this.#strange += 1;
  }

  problemAtEnd(): string | undefined {
    if (this.problem !== undefined) return this.problem;
    if (this.#closedAt === undefined || this.#due > 0 || this.#placeDue) {
      return "audit.bin is partial: the auditor did not see the end of the log.";
    }
    if (this.#closedAt === this.#slots) return undefined;
    return `audit.bin was closed after ${this.#closedAt} entries, but ${this.#slots} were read.`;
  }

  #readRecord(view: DataView, offset: number): void {
    const record = this.#record;
    record.partition = view.getUint16(offset + 2, true);
    record.index = view.getUint32(offset + 4, true);
    record.operations = view.getUint32(offset + 8, true);
    record.seenMs = view.getUint32(offset + 12, true);
    this.#placeDue = true;
  }

  #readPlace(view: DataView, offset: number): void {
    this.#record.revision = uint48At(view, offset + 2);
    this.#record.epoch = uint48At(view, offset + 8);
    this.#placeDue = false;
    this.#due = this.#record.operations;
    this.#visitor.record(this.#record);
  }

  #readOperation(view: DataView, offset: number): void {
    const operation = this.#operation;
    operation.device = view.getUint8(offset + 1);
    operation.kind = view.getUint8(offset + 2);
    operation.player = view.getUint32(offset + 4, true);
    operation.sequence = view.getUint32(offset + 8, true);
    operation.digest = view.getUint32(offset + 12, true);
    this.#due -= 1;
    this.#visitor.operation(operation);
  }
}

function uint48At(view: DataView, offset: number): number {
  return view.getUint16(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}
