/** The ledger of the sessions lane, whose records hold a revision and a number of sendings. */
import type { FollowedFile } from "../../../recording/files/followed-records.ts";
import {
  type CommonRecord,
  emptyCommonRecord,
  followLedgerOf,
  type LedgerEnd,
  type LedgerLayout,
  type RecordVisitor,
  readLedgerOf,
  recordBytesOf,
} from "../../../recording/files/ledger-format.ts";
import { sizeOf } from "../../../recording/files/record-stream.ts";

export {
  type LedgerEnd,
  ledgerOutcomes,
  ledgerTypes,
} from "../../../recording/files/ledger-format.ts";

export interface LedgerRecord extends CommonRecord {
  /** Of an answer; of a read's attempt what it asks for at least. */
  revision: number;
  sends: number;
}

export type LedgerVisitor = RecordVisitor<LedgerRecord>;

const layout: LedgerLayout<LedgerRecord> = {
  name: "ses1",
  payloadBytes: 8,
  emptyRecord: () => ({ ...emptyCommonRecord(), revision: 0, sends: 0 }),
  readPayload: (view, offset, record) => {
    record.revision = view.getUint32(offset, true);
    record.sends = view.getUint32(offset + 4, true);
  },
};

/**
 * Calls `visit` with each attempt and outcome of a write, and `visitRead` with those of the audited players'
 * reads, all in file order; the object is reused.
 * @throws Error only when the file cannot be read at all.
 */
export function readLedger(
  path: string,
  visit: LedgerVisitor,
  visitRead: LedgerVisitor = () => {},
): Promise<LedgerEnd> {
  return readLedgerOf(layout, path, { write: visit, read: visitRead });
}

/** At most: each has an attempt and an outcome. 0 for a file that is not there. */
export async function operationsIn(path: string): Promise<number> {
  return Math.floor((await sizeOf(path)) / (2 * recordBytesOf(layout)));
}

/** The writes while the file is being written: no problem that it is not closed yet. */
export function followLedger(path: string, visit: LedgerVisitor): FollowedFile {
  return followLedgerOf(layout, path, visit);
}
