/**
 * The operations of the session log against those of the ledger: each in it, once, in the order of real time.
 * It can be fed after the run, the ledger first, or while both files grow, as long as an operation's attempt
 * comes before the record that holds it: the outcome may come later.
 *
 * The log is the order in which the store committed, of all sessions and partitions. So one sweep with a
 * running maximum decides about real time: an operation must not stand behind one that was only sent
 * after it had been acknowledged (Herlihy and Wing, 1990: linearizability, for a given order). The ledger
 * writes an attempt before it is sent and an outcome after it is known, both by one clock, so no
 * operation is accused wrongly.
 */

import type { FaultWindow } from "../../../../checkers/fault-windows.ts";
import { Violations } from "../../../../checkers/violations.ts";
import type { AuditedOperation } from "../../files/audit-file.ts";
import { type LedgerRecord, ledgerOutcomes, ledgerTypes } from "../../files/ledger-file.ts";
import { OperationTable } from "../ledger/operation-table.ts";
import type { AwaitedOperations } from "./awaited-operations.ts";
import type { LogOrder } from "./log-order.ts";
import {
  type LoggedAt,
  notInLogStory,
  overtakenStory,
  refusedInLogStory,
  twiceInLogStory,
  unsentInLogStory,
} from "./log-stories.ts";

export interface LogOperationsOptions {
  /** Is told what was acknowledged before it was seen in the log. */
  readonly awaited?: AwaitedOperations;
  /** Judges the order of real time instead, where the log holds more than what comes here. */
  readonly order?: LogOrder;
  /** An empty one, with room. */
  readonly table?: OperationTable;
}

export class LogOperations {
  readonly twice = new Violations();
  readonly refused = new Violations();
  /** Means nothing while the ledger is not known up to what the log holds, or when some were left out. */
  readonly unsent = new Violations();
  readonly overtaken = new Violations();
  readonly table: OperationTable;
  acknowledged = 0;
  unknown = 0;
  /** Of those that were sent, how many are in the log. */
  delivered = 0;
  /** Acknowledged operations whose place in the log was judged. */
  ordered = 0;
  /** Operations that were said to be missing, and were seen after that. */
  belated = 0;
  /** Operations of the ledger that the table had no room for. */
  leftOut = 0;
  /** Of those in the log, the latest sending. */
  lastSentUs = Number.NEGATIVE_INFINITY;
  readonly #faults: () => readonly FaultWindow[];
  readonly #awaited: AwaitedOperations | undefined;
  readonly #order: LogOrder | undefined;

  /** @param faults for the stories, as of now. */
  constructor(faults: () => readonly FaultWindow[], options: LogOperationsOptions = {}) {
    this.#faults = faults;
    this.#awaited = options.awaited;
    this.#order = options.order;
    this.table = options.table ?? new OperationTable();
  }

  attempted(record: Readonly<LedgerRecord>): void {
    if (record.type === ledgerTypes.attempt) {
      if (!this.table.add(record, record.digest, record.atUs)) this.leftOut += 1;
    } else if (record.type === ledgerTypes.outcome) this.#answered(record);
  }

  /**
   * @param position Of all operations of the log.
   * @returns whether its player was told of it, as far as is known by now.
   */
  operation(operation: Readonly<AuditedOperation>, at: LoggedAt, position = 0): boolean {
    const { table } = this;
    const found = table.find(operation);
    if (found === -1 || table.digest(found) !== operation.digest) {
      this.unsent.add(1, () => unsentInLogStory(operation, at, found !== -1), position);
      return false;
    }
    const outcome = table.outcome(found);
    if (table.see(found) > 0) {
      this.twice.add(1, () => twiceInLogStory(table, found, at, this.#faults()), position);
      return outcome === ledgerOutcomes.ok;
    }
    this.delivered += 1;
    if (table.isMissed(found)) this.belated += 1;
    const before = this.#order === undefined ? this.lastSentUs : Number.NEGATIVE_INFINITY;
    if (outcome === 0) table.setPassed(found, before);
    else this.#judge(found, before, { at, position });
    this.lastSentUs = Math.max(before, table.sentUs(found));
    const isOk = outcome === ledgerOutcomes.ok;
    this.#order?.set(position, table.sentUs(found), isOk ? table.answeredUs(found) : undefined);
    return isOk;
  }

  /** What was acknowledged and is not in the log, once both are known to their ends. */
  findLost(): Violations {
    const { table } = this;
    const lost = new Violations();
    for (const found of table.places()) {
      if (table.outcome(found) !== ledgerOutcomes.ok || table.seen(found) > 0) continue;
      lost.add(1, () => notInLogStory(table, found, this.#faults()), found);
    }
    return lost;
  }

  #answered(record: Readonly<LedgerRecord>): void {
    const { table } = this;
    const { outcome, atUs } = record;
    const found = table.find(record);
    if (found === -1 || table.outcome(found) !== 0) return;
    const isSeen = table.seen(found) > 0;
    const before = table.passedUs(found);
    table.setOutcome(found, outcome, atUs);
    if (outcome === ledgerOutcomes.ok) this.acknowledged += 1;
    else if (outcome !== ledgerOutcomes.fail) this.unknown += 1;
    if (isSeen) this.#judge(found, before, {});
    else if (outcome === ledgerOutcomes.ok) this.#awaited?.add(record);
  }

  /** @param beforeUs The latest sending of what stands before it in the log. */
  #judge(
    found: number,
    beforeUs: number,
    { at, position }: { readonly at?: LoggedAt; readonly position?: number },
  ): void {
    const { table } = this;
    const outcome = table.outcome(found);
    if (outcome === ledgerOutcomes.fail) {
      this.refused.add(1, () => refusedInLogStory(table, found, at, this.#faults()), position);
    }
    if (outcome !== ledgerOutcomes.ok) return;
    this.ordered += 1;
    if (table.answeredUs(found) >= beforeUs) return;
    this.overtaken.add(1, () => {
      const later = table.seenAndSentAt(beforeUs);
      return overtakenStory(table, { found, later }, at, this.#faults());
    });
  }
}
