/**
 * A record of the session log, in bytes (docs/session-log-format.md). The gateway writes them, the
 * gateway that takes a partition over and the snapshot proxy read them. Decoding checks everything:
 * a record that is not understood must be loud, since a skipped one is a lost write.
 */
import { Buffer } from "node:buffer";
import type { Operation, OperationKind } from "../../gateway/session-writer.ts";
import { ByteReader, ByteWriter } from "./varint-bytes.ts";

const recordVersion = 1;
/** etcd refuses requests above 1.5 MB; a record stays well below. */
export const recordBytesMax = 1024 * 1024;
const batchIdBytes = 8;

/** Payload fields by kind; index 0 is no kind. */
const fieldCounts: readonly number[] = [0, 1, 2, 2, 3, 0];
const headerBytesMax = 1 + 8 + batchIdBytes + 5;

export interface LogRecord {
  /** The owner key's mod_revision at the writer's takeover; 0 in record 0. */
  readonly epoch: number;
  /** 16 hex digits; names the attempt's content. */
  readonly batchId: string;
  readonly operations: readonly Operation[];
}

/** Bytes that `operation` takes in a record. */
export function operationBytes(operation: Operation): number {
  const idBytes = Buffer.byteLength(operation.session);
  return varintBytes(idBytes) + idBytes + namelessOperationBytes(operation);
}

/** Of one whose session is named elsewhere. */
export function namelessOperationBytes(operation: Operation): number {
  const fieldCount = fieldCounts[operation.kind] ?? 0;
  let bytes = 1 + varintBytes(operation.device) + varintBytes(operation.sequence);
  if (fieldCount > 0) bytes += varintBytes(operation.field1);
  if (fieldCount > 1) bytes += varintBytes(operation.field2);
  if (fieldCount > 2) bytes += varintBytes(operation.field3);
  return bytes;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** @throws RangeError when the record would be larger than RECORD_BYTES_MAX. */
export function encodeRecord(record: LogRecord): Uint8Array {
  let bytesMax = headerBytesMax;
  for (const operation of record.operations) bytesMax += operationBytes(operation);
  const writer = new ByteWriter(bytesMax);
  writer.byte(recordVersion);
  writer.varint(record.epoch);
  writer.hex(record.batchId, batchIdBytes);
  writer.varint(record.operations.length);
  for (const operation of record.operations) writeOperation(writer, operation);
  const bytes = writer.written();
  if (bytes.length > recordBytesMax) {
    throw new RangeError(`record of ${bytes.length} bytes, at most ${recordBytesMax} are allowed`);
  }
  return bytes;
}

/** @throws RangeError when the bytes are not exactly one record of a known version. */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  const reader = new ByteReader(bytes, "record");
  const { epoch, batchId, count } = readHead(reader);
  if (count > bytes.length) throw new RangeError(`record claims ${count} operations`);
  const operations: Operation[] = [];
  for (let i = 0; i < count; i += 1) operations.push(readOperation(reader));
  reader.end();
  return { epoch, batchId, operations };
}

/** Epoch and batch id alone: what tells a record of mine from another's (rule 8). */
export function decodeRecordHeader(bytes: Uint8Array): { epoch: number; batchId: string } {
  return readName(new ByteReader(bytes, "record"));
}

/** Where an operation stands in its record, and what can be told without decoding it. */
export interface ScannedOperation {
  kind: OperationKind;
  offset: number;
  /** The session's id, in UTF-8. */
  idStart: number;
  idEnd: number;
}

/**
 * Visits each operation of a record without decoding it: for who reads a whole tail and needs few
 * of its operations at once. It is one object, with other content each time.
 * @throws RangeError as `decodeRecord` does, but for numbers that are too large.
 */
export function scanRecord(
  bytes: Uint8Array,
  visit: (operation: Readonly<ScannedOperation>) => void,
): void {
  const reader = new ByteReader(bytes, "record");
  const count = readHead(reader).count;
  if (count > bytes.length) throw new RangeError(`record claims ${count} operations`);
  const scanned: ScannedOperation = { kind: 1, offset: 0, idStart: 0, idEnd: 0 };
  for (let i = 0; i < count; i += 1) {
    scanned.offset = reader.offset;
    const idBytes = reader.varint();
    scanned.idStart = reader.skip(idBytes);
    scanned.idEnd = scanned.idStart + idBytes;
    reader.skipVarint();
    reader.skipVarint();
    const kind = reader.byte();
    const fieldCount = fieldCounts[kind];
    if (kind === 0 || fieldCount === undefined) throw new RangeError(`operation kind ${kind}`);
    for (let field = 0; field < fieldCount; field += 1) reader.skipVarint();
    scanned.kind = kind as OperationKind;
    visit(scanned);
  }
  reader.end();
}

/** The operation at an offset that `scanRecord` gave; `session` is its session's id. */
export function decodeOperationAt(bytes: Uint8Array, offset: number, session: string): Operation {
  const reader = new ByteReader(bytes, "record", offset);
  reader.skip(reader.varint());
  return readNamelessOperation(reader, session);
}

function readHead(reader: ByteReader): { epoch: number; batchId: string; count: number } {
  return { ...readName(reader), count: reader.varint() };
}

function readName(reader: ByteReader): { epoch: number; batchId: string } {
  const version = reader.byte();
  if (version !== recordVersion) {
    throw new RangeError(`record version ${version}, expected ${recordVersion}`);
  }
  return { epoch: reader.varint(), batchId: reader.hex(batchIdBytes) };
}

function writeOperation(writer: ByteWriter, operation: Operation): void {
  writer.text(operation.session);
  writeNamelessOperation(writer, operation);
}

/** Without its session's id. */
export function writeNamelessOperation(writer: ByteWriter, operation: Operation): void {
  writer.varint(operation.device);
  writer.varint(operation.sequence);
  writer.byte(operation.kind);
  const fieldCount = fieldCounts[operation.kind];
  if (fieldCount === undefined) {
    throw new RangeError(`operation kind ${operation.kind}`);
  }
  if (fieldCount > 0) writer.varint(operation.field1);
  if (fieldCount > 1) writer.varint(operation.field2);
  if (fieldCount > 2) writer.varint(operation.field3);
}

function readOperation(reader: ByteReader): Operation {
  return readNamelessOperation(reader, reader.text());
}

/** @throws RangeError when it is not understood. */
export function readNamelessOperation(reader: ByteReader, session: string): Operation {
  const device = reader.varint32();
  const sequence = reader.varint32();
  const kind = reader.byte();
  const fieldCount = fieldCounts[kind];
  if (kind === 0 || fieldCount === undefined) throw new RangeError(`operation kind ${kind}`);
  return {
    session,
    device,
    sequence,
    kind: kind as OperationKind,
    field1: fieldCount > 0 ? reader.varint32() : 0,
    field2: fieldCount > 1 ? reader.varint32() : 0,
    field3: fieldCount > 2 ? reader.varint32() : 0,
  };
}
