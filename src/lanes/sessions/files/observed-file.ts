/** `observed.bin`: what the read path returned after the drain (`docs/swarm-protocol.md`). */
import { readHeader, readRecordBlocks } from "../../../recording/files/record-stream.ts";

export const observedStates = { missing: 0, found: 1, unreadable: 2 } as const;

const magic = "HUNTOBSV";
const version = 1;
const headerBytes = 16;
const recordBytes = 28;

/** One (player, device), as in the file. */
export interface ObservedRecord {
  player: number;
  device: number;
  /** One of `observedStates`. */
  found: number;
  revision: number;
  highest: number;
  count: number;
  checksum: number;
}

/** The whole file; 28,000 players are 0.8 MB. */
export function encodeObserved(records: readonly Readonly<ObservedRecord>[]): Buffer {
  const buffer = Buffer.alloc(headerBytes + records.length * recordBytes);
  buffer.write(magic, "latin1");
  buffer.writeUInt32LE(version, 8);
  buffer.writeUInt32LE(recordBytes, 12);
  for (const [index, record] of records.entries()) {
    const offset = headerBytes + index * recordBytes;
    buffer.writeUInt32LE(record.player, offset);
    buffer.writeUInt8(record.device, offset + 4);
    buffer.writeUInt8(record.found, offset + 5);
    buffer.writeUInt32LE(record.revision, offset + 8);
    buffer.writeUInt32LE(record.highest, offset + 12);
    buffer.writeUInt32LE(record.count, offset + 16);
    buffer.writeUInt32LE(record.checksum, offset + 20);
  }
  return buffer;
}

/**
 * Calls `visit` with each observation; the object is reused.
 * @returns what is wrong with the file, in a sentence.
 * @throws Error only when the file cannot be read at all.
 */
export async function readObserved(
  path: string,
  visit: (record: Readonly<ObservedRecord>) => void,
): Promise<string | undefined> {
  const header = await readHeader(path, headerBytes);
  if (header.length < headerBytes || header.toString("latin1", 0, 8) !== magic) {
    return "observed.bin holds no observations: its header is missing or cut off.";
  }
  const found = header.readUInt32LE(8);
  if (found !== version) return `observed.bin has version ${found}; this hunt reads ${version}.`;
  const size = header.readUInt32LE(12);
  if (size !== recordBytes) {
    return `observed.bin has records of ${size} bytes; this hunt reads ${recordBytes}.`;
  }
  const record: ObservedRecord = {
    player: 0,
    device: 0,
    found: 0,
    revision: 0,
    highest: 0,
    count: 0,
    checksum: 0,
  };
  let strange = 0;
  const left = await readRecordBlocks(path, headerBytes, recordBytes, (view, count) => {
    for (let index = 0; index < count; index += 1) {
      const offset = index * recordBytes;
      if (!isObservation(view, offset)) {
        strange += 1;
        continue;
      }
      readRecord(view, offset, record);
      visit(record);
    }
  });
  if (strange > 0) return `observed.bin holds ${strange} records that are no observations.`;
  return left === 0 ? undefined : "observed.bin is cut off in the middle of a record.";
}

/** Garbage that happened to be taken for a state would convict the backend of having lost something. */
function isObservation(view: DataView, offset: number): boolean {
  const state = view.getUint8(offset + 5);
  const zeros = view.getUint16(offset + 6, true) === 0 && view.getUint32(offset + 24, true) === 0;
  return state <= observedStates.unreadable && zeros;
}

function readRecord(view: DataView, offset: number, record: ObservedRecord): void {
  record.player = view.getUint32(offset, true);
  record.device = view.getUint8(offset + 4);
  record.found = view.getUint8(offset + 5);
  record.revision = view.getUint32(offset + 8, true);
  record.highest = view.getUint32(offset + 12, true);
  record.count = view.getUint32(offset + 16, true);
  record.checksum = view.getUint32(offset + 20, true);
}
