/**
 * Holds the session log, as the auditor watched it, against the ledger and against the final reads.
 *
 *   ledger.bin ──attempted()──▶ table: every operation with its digest, when it was sent and answered
 *   audit.bin ──record(), operation()──▶ in the table? once? order? replay: count and digest sum
 *   observed.bin ──observed()──▶ the state that replay gives?
 *
 * The log is the order in which the store committed, of all sessions and partitions. So one sweep with a
 * running maximum decides about real time: an operation must not stand behind one that was only sent
 * after it had been acknowledged (Herlihy and Wing, 1990: linearizability, for a given order). The ledger
 * writes an attempt before it is sent and an outcome after it is known, both by one clock, so no
 * operation is accused wrongly.
 */
import type { AuditedOperation, AuditedRecord, AuditVisitor } from "../recording/audit-file.ts";
import { type LedgerRecord, ledgerOutcomes, ledgerTypes } from "../recording/ledger-file.ts";
import { type ObservedRecord, observedStates } from "../recording/observed-file.ts";
import type { GuaranteeResult } from "../verdict/summary-document.ts";
import type { FaultWindow } from "./fault-windows.ts";
import { guarantees } from "./guarantees.ts";
import { LogRecords } from "./log-records.ts";
import { LogReplay } from "./log-replay.ts";
import {
  afterClosingStory,
  type LoggedAt,
  notInLogStory,
  overtakenStory,
  refusedInLogStory,
  twiceInLogStory,
  unsentInLogStory,
} from "./log-stories.ts";
import { OperationTable } from "./operation-table.ts";
import { resultOf, Violations } from "./violations.ts";

/** What is known to be missing from each file, in sentences. */
export interface LogGaps {
  readonly ledger: readonly string[];
  readonly audit: readonly string[];
  readonly observed: readonly string[];
}

const closingKind = 5;
/** The device of the gateways' own closings. */
const gatewayDevice = 0;

export class LogChecker implements AuditVisitor {
  readonly #table = new OperationTable();
  readonly #records = new LogRecords();
  readonly #replay = new LogReplay();
  readonly #faults: readonly FaultWindow[];
  readonly #delivered = new Violations();
  readonly #overtaken = new Violations();
  readonly #reopened = new Violations();
  /** Players whose session the log has closed. */
  readonly #closed = new Set<number>();
  /** Of those in the log, the operation that was sent last. */
  #lastSent = -1;
  #lastSentUs = Number.NEGATIVE_INFINITY;
  #at: LoggedAt = { partition: 0, index: 0, revision: 0 };
  #operations = 0;
  #ordered = 0;
  /** Operations that the ledger does not have, or that the table had no room for. */
  #unsent = 0;
  #leftOut = 0;
  #unsentExample: string | undefined;

  /** @param faults for the stories. */
  constructor(faults: readonly FaultWindow[]) {
    this.#faults = faults;
  }

  attempted(record: Readonly<LedgerRecord>): void {
    if (record.type === ledgerTypes.attempt) {
      if (!this.#table.add(record, record.digest, record.atUs)) this.#leftOut += 1;
      return;
    }
    const at = this.#table.find(record);
    if (at !== -1) this.#table.setOutcome(at, record.outcome, record.atUs);
  }

  record(record: Readonly<AuditedRecord>): void {
    this.#records.record(record);
    const { partition, index, revision } = record;
    this.#at = { partition, index, revision };
  }

  hole(): void {
    this.#records.hole();
  }

  unreadable(partition: number, index: number): void {
    this.#records.unreadable(partition, index);
  }

  operation(operation: Readonly<AuditedOperation>): void {
    const { player, device, digest, kind } = operation;
    this.#operations += 1;
    if (this.#closed.size > 0 && this.#closed.has(player)) {
      const at = this.#at;
      this.#reopened.add(1, () => afterClosingStory(operation, at));
    }
    if (kind === closingKind) this.#closed.add(player);
    if (device === gatewayDevice && kind === closingKind) return;
    const found = this.#table.find(operation);
    if (found === -1 || this.#table.digest(found) !== digest) {
      this.#unsent += 1;
      this.#unsentExample ??= unsentInLogStory(operation, this.#at, found !== -1);
      this.#replay.add(operation, false);
      return;
    }
    const outcome = this.#table.outcome(found);
    this.#replay.add(operation, outcome === ledgerOutcomes.ok);
    this.#count(found, outcome);
  }

  observed(record: Readonly<ObservedRecord>): void {
    if (record.found === observedStates.unreadable) this.#replay.unreadable();
    else this.#replay.compare(record, record.found === observedStates.found);
  }

  finish(gaps: LogGaps): GuaranteeResult[] {
    const whole = [...gaps.audit, ...this.#records.doubts];
    const both = [...gaps.ledger, ...whole];
    if (this.#leftOut > 0) {
      both.push(`${this.#leftOut} operations of the ledger were too many to be compared`);
    }
    if (both.length === 0) this.#findLost();
    // Without the whole ledger an operation that it lacks may have been sent.
    if (gaps.ledger.length === 0 && this.#leftOut === 0) {
      const example = this.#unsentExample ?? "";
      this.#delivered.add(this.#unsent, () => example);
    }
    const none = (count: number, of: string) =>
      count === 0 ? [`no ${of} was seen in the log`] : [];
    const records = { checked: this.#records.checked, doubts: whole };
    const operations = this.#operations;
    return [
      {
        ...resultOf(guarantees.recordsFollow, this.#records.violations, {
          ...records,
          doubts: [...whole, ...none(this.#records.checked, "record")],
        }),
        of: "records",
      },
      resultOf(guarantees.deliveredOnce, this.#delivered, {
        checked: operations,
        doubts: [...both, ...none(operations, "operation")],
      }),
      resultOf(guarantees.realTime, this.#overtaken, {
        checked: this.#ordered,
        doubts: [...both, ...none(this.#ordered, "acknowledged operation")],
      }),
      ...this.#closings(whole),
      this.#replay.result([...whole, ...gaps.observed]),
    ];
  }

  /** Nothing is promised of closings where there are none. */
  #closings(doubts: readonly string[]): GuaranteeResult[] {
    const checked = this.#closed.size;
    if (checked === 0) return [];
    const result = resultOf(guarantees.closedStay, this.#reopened, { checked, doubts });
    return [{ ...result, of: "closed sessions" }];
  }

  #count(found: number, outcome: number): void {
    const table = this.#table;
    const at = this.#at;
    if (table.see(found) > 0) {
      this.#delivered.add(1, () => twiceInLogStory(table, found, at, this.#faults));
      return;
    }
    if (outcome === ledgerOutcomes.fail) {
      this.#delivered.add(1, () => refusedInLogStory(table, found, at, this.#faults));
    }
    if (outcome === ledgerOutcomes.ok) {
      this.#ordered += 1;
      if (table.answeredUs(found) < this.#lastSentUs) {
        const later = this.#lastSent;
        this.#overtaken.add(1, () => overtakenStory(table, { found, later }, at, this.#faults));
      }
    }
    const sentUs = table.sentUs(found);
    if (sentUs > this.#lastSentUs) {
      this.#lastSentUs = sentUs;
      this.#lastSent = found;
    }
  }

  #findLost(): void {
    const table = this.#table;
    for (const found of table.places()) {
      if (table.outcome(found) !== ledgerOutcomes.ok || table.seen(found) > 0) continue;
      this.#delivered.add(1, () => notInLogStory(table, found, this.#faults));
    }
  }
}
