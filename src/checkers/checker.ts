/**
 * The contract of all checkers. A checker refutes guarantees of one lane from a recording. It begins a check
 * of one recording, which is shown the lane's files as often as it asks:
 *
 *   begin() ▸ next() names a file ▸ the file is shown to it ▸ next() ... ▸ findings()
 *
 * A file is read once for all checks that wait for it, so each has to do O(1) work per record. The records
 * that it is handed are reused, so it copies what it keeps.
 */
import type { RecordingReader } from "../recording/recording-reader.ts";
import type { FaultWindow } from "./fault-windows.ts";
import type { Finding } from "./finding.ts";
import type { Guarantee } from "./guarantee.ts";
import type { ShownFile } from "./record-file.ts";

/** What there is to check one lane of a recording with. A lane's checkers are handed its files besides. */
export interface CheckContext {
  readonly lane: string;
  readonly reader: RecordingReader;
  /** When faults could be felt. */
  readonly faults: readonly FaultWindow[];
  /** The path of the second checker's program, which need not be there; left out: it is not asked. */
  readonly secondChecker?: string;
  /** How many operations are compared at a time, where memory cannot hold them all. */
  readonly partSize?: number;
}

export interface Checker<Context extends CheckContext = CheckContext> {
  /** Its file, for `docs/guarantees.md`. */
  readonly source: string;
  /** Which it can refute. */
  readonly guarantees: readonly Guarantee[];
  /** Undefined: the run promised nothing of it. */
  begin(context: Context): Check | undefined | Promise<Check | undefined>;
}

export interface Check {
  /** The file that it has to be shown next, `file.to(...)`; undefined when it has seen all. */
  next?(): ShownFile | undefined;
  findings(): readonly Finding[] | Promise<readonly Finding[]>;
}
