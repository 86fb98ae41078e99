/**
 * The story of the first operation that was overtaken, of a log that was checked in parts: the two operations are
 * of any two parts. Ledger and audit are shown twice more: for its name, then for what is known of both.
 */

import type { FaultWindow } from "../../../../checkers/fault-windows.ts";
import type { AuditedOperation } from "../../files/audit-file.ts";
import { type LedgerRecord, ledgerTypes } from "../../files/ledger-file.ts";
import type { OperationName } from "../ledger/operation-table.ts";
import { LogOperations } from "./log-operations.ts";
import type { Overtaken } from "./log-order.ts";
import { type LoggedAt, overtakenStory } from "./log-stories.ts";

export class OvertakenTrace {
  readonly #overtaken: Overtaken;
  readonly #faults: readonly FaultWindow[];
  readonly #sent: LogOperations;
  #found: { readonly name: OperationName; readonly at: LoggedAt } | undefined;
  #isNamed = false;

  constructor(overtaken: Overtaken, faults: readonly FaultWindow[]) {
    this.#overtaken = overtaken;
    this.#faults = faults;
    this.#sent = new LogOperations(() => faults);
  }

  attempted(record: Readonly<LedgerRecord>): void {
    if (!this.#isNamed) return;
    const { beforeUs } = this.#overtaken;
    const isWanted = record.atUs === beforeUs || this.#isFound(record);
    if (record.type !== ledgerTypes.attempt || isWanted) this.#sent.attempted(record);
  }

  operation(operation: Readonly<AuditedOperation>, at: LoggedAt, position: number): void {
    if (position > this.#overtaken.position) return;
    if (this.#isNamed) {
      const { table } = this.#sent;
      const found = table.find(operation);
      if (found !== -1 && table.digest(found) === operation.digest) table.see(found);
    } else if (position === this.#overtaken.position) {
      const { player, device, sequence } = operation;
      this.#found = { name: { player, device, sequence }, at };
    }
  }

  /** Ends a pass. False when no more is needed. */
  next(): boolean {
    const again = !this.#isNamed;
    this.#isNamed = true;
    return again;
  }

  story(): string {
    const { table } = this.#sent;
    const found = this.#found === undefined ? -1 : table.find(this.#found.name);
    const later = table.seenAndSentAt(this.#overtaken.beforeUs);
    return overtakenStory(table, { found, later }, this.#found?.at, this.#faults);
  }

  #isFound({ player, device, sequence }: OperationName): boolean {
    const name = this.#found?.name;
    return name?.player === player && name.device === device && name.sequence === sequence;
  }
}
