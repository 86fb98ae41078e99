/**
 * A checker refutes guarantees from the ledger and from what the auditor observed. It is fed record
 * by record, live or from a folder, with O(1) work per record; the records it is handed are reused,
 * so it copies what it keeps.
 */
import type { LedgerRecord } from "../recording/files/ledger-file.ts";
import type { ObservedRecord } from "../recording/files/observed-file.ts";
import type { LaneFinding } from "../verdict/summary-document.ts";

export interface Checker {
  /** In file order; all of it comes before the observations. */
  attempted(record: Readonly<LedgerRecord>): void;
  observed(record: Readonly<ObservedRecord>): void;
  /** True when the ledger should be shown once more, through `revisit`, to tell what went wrong. */
  wantsRevisit(): boolean;
  revisit(record: Readonly<LedgerRecord>): void;
  /** `gaps`: what is known to be missing from the input, in sentences. */
  finish(gaps: readonly string[]): LaneFinding[];
}
