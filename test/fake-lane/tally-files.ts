/** The files of the fake lane: its ledger's payload, and what was read back after the load. */
import {
  type CommonRecord,
  emptyCommonRecord,
  type LedgerLayout,
} from "../../src/recording/files/ledger-format.ts";
import { readHeader, readRecordBlocks } from "../../src/recording/files/record-stream.ts";

export interface TallyRecord extends CommonRecord {
  revision: number;
}

export const tallyLayout: LedgerLayout<TallyRecord> = {
  name: "tly1",
  payloadBytes: 8,
  emptyRecord: () => ({ ...emptyCommonRecord(), revision: 0 }),
  readPayload: (view, offset, record) => {
    record.revision = view.getUint32(offset, true);
  },
};

export interface TallyRead {
  readonly player: number;
  readonly count: number;
}

const magic = "TALLYOBS";
const readBytes = 8;

export function encodeReads(reads: readonly TallyRead[]): Buffer {
  const buffer = Buffer.alloc(magic.length + reads.length * readBytes);
  buffer.write(magic, "latin1");
  for (const [index, { player, count }] of reads.entries()) {
    buffer.writeUInt32LE(player, magic.length + index * readBytes);
    buffer.writeUInt32LE(count, magic.length + index * readBytes + 4);
  }
  return buffer;
}

/** @returns what is wrong with the file, in a sentence. */
export async function readReads(
  path: string,
  visit: (read: TallyRead) => void,
): Promise<string | undefined> {
  const header = await readHeader(path, magic.length);
  if (header.toString("latin1") !== magic) return "observed.bin holds no reads of a tally.";
  const left = await readRecordBlocks(path, magic.length, readBytes, (view, count) => {
    for (let offset = 0; offset < count * readBytes; offset += readBytes) {
      visit({ player: view.getUint32(offset, true), count: view.getUint32(offset + 4, true) });
    }
  });
  return left === 0 ? undefined : "observed.bin is cut off in the middle of a record.";
}
