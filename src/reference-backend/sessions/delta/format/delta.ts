/**
 * A delta in bytes (docs/delta-format.md): the operations of one session that one write carries.
 * Gateways write and read them, the snapshot proxy reads them. Decoding checks everything: a delta
 * that is not understood must be loud, since a skipped one is a lost write.
 */
import type { Operation } from "../../gateway/session-writer.ts";
import {
  namelessOperationBytes,
  readNamelessOperation,
  writeNamelessOperation,
} from "../../log/format/record.ts";
import { ByteReader, ByteWriter } from "../../log/format/varint-bytes.ts";

const deltaVersion = 1;
export const deltaBytesMax = 2048;
const batchIdBytes = 8;
/** Version, batch id, revision, count. */
export const deltaHeadBytesMax = 1 + batchIdBytes + 8 + 2;

export interface Delta {
  /** 16 hex digits; names the attempt's content. */
  readonly batchId: string;
  /** The session's, before the first of these operations. */
  readonly revision: number;
  readonly operations: readonly Operation[];
}

/** @throws RangeError when it would be larger than DELTA_BYTES_MAX. */
export function encodeDelta({ batchId, revision, operations }: Delta): Uint8Array {
  let bytesMax = deltaHeadBytesMax;
  for (const operation of operations) bytesMax += namelessOperationBytes(operation);
  const writer = new ByteWriter(bytesMax);
  writer.byte(deltaVersion);
  writer.hex(batchId, batchIdBytes);
  writer.varint(revision);
  writer.varint(operations.length);
  for (const operation of operations) writeNamelessOperation(writer, operation);
  const bytes = writer.written();
  if (bytes.length > deltaBytesMax) {
    throw new RangeError(`delta of ${bytes.length} bytes, at most ${deltaBytesMax} are allowed`);
  }
  return bytes;
}

/** @throws RangeError when the bytes are not exactly one delta of a known version. */
export function decodeDelta(session: string, bytes: Uint8Array): Delta {
  const reader = new ByteReader(bytes, "delta");
  const version = reader.byte();
  if (version !== deltaVersion) {
    throw new RangeError(`delta version ${version}, expected ${deltaVersion}`);
  }
  const batchId = reader.hex(batchIdBytes);
  const revision = reader.varint();
  const count = reader.varint();
  if (count === 0 || count > bytes.length) throw new RangeError(`delta claims ${count} operations`);
  const operations: Operation[] = [];
  for (let i = 0; i < count; i += 1) operations.push(readNamelessOperation(reader, session));
  reader.end();
  return { batchId, revision, operations };
}
