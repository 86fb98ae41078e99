/** What the checkers of sessions are given: one recording, with its ledger, its audit and its final reads. */
import type { CheckContext } from "../../../checkers/checker.ts";
import { RecordFile } from "../../../checkers/record-file.ts";
import { laneFile } from "../../../recording/run-folder.ts";
import { type AuditVisitor, readAudit } from "../files/audit-file.ts";
import { type LedgerRecord, readLedger } from "../files/ledger-file.ts";
import { type ObservedRecord, readObserved } from "../files/observed-file.ts";

export const sessionsId = "sessions";

export interface LedgerReader {
  /** Attempts and outcomes of writes. */
  wrote?(record: Readonly<LedgerRecord>): void;
  /** Those of the audited players' reads. */
  read?(record: Readonly<LedgerRecord>): void;
}

export type ObservedReader = (record: Readonly<ObservedRecord>) => void;

export interface SessionsContext extends CheckContext {
  readonly ledger: RecordFile<LedgerReader>;
  readonly audit: RecordFile<AuditVisitor>;
  readonly observed: RecordFile<ObservedReader>;
}

export function openSessions(context: CheckContext): SessionsContext {
  const { folder } = context.reader;
  const file = (name: "ledger" | "audit" | "observed") => laneFile(folder, sessionsId, name);
  return {
    ...context,
    ledger: new RecordFile({
      name: "ledger.bin",
      without: "what the players were told is not known",
      read: (readers) => showLedger(file("ledger"), readers),
    }),
    audit: new RecordFile({
      name: "audit.bin",
      without: "what the log held is not known",
      read: (visitors) => readAudit(file("audit"), together(visitors)),
    }),
    observed: new RecordFile({
      name: "observed.bin",
      without: "the final reads were not made",
      read: (readers) =>
        readObserved(file("observed"), (record) => {
          for (const observed of readers) observed(record);
        }),
    }),
  };
}

async function showLedger(
  path: string,
  readers: readonly LedgerReader[],
): Promise<string | undefined> {
  const writes = readers.flatMap((reader) => reader.wrote?.bind(reader) ?? []);
  const reads = readers.flatMap((reader) => reader.read?.bind(reader) ?? []);
  const end = await readLedger(
    path,
    (record) => {
      for (const wrote of writes) wrote(record);
    },
    (record) => {
      for (const read of reads) read(record);
    },
  );
  return end.problem;
}

function together(visitors: readonly AuditVisitor[]): AuditVisitor {
  const [only] = visitors;
  if (only !== undefined && visitors.length === 1) return only;
  return {
    record: (record) => {
      for (const visitor of visitors) visitor.record(record);
    },
    operation: (operation) => {
      for (const visitor of visitors) visitor.operation(operation);
    },
    hole: (from, to) => {
      for (const visitor of visitors) visitor.hole(from, to);
    },
    unreadable: (partition, index) => {
      for (const visitor of visitors) visitor.unreadable(partition, index);
    },
  };
}
