/**
 * The operations of a ledger against those of the log, as many at a time as memory is to hold: all of a player are
 * in one part, and ledger and audit are shown once per part. Most runs are one part. What crosses players is the
 * order of real time, for which a few bytes per operation of the log stay (log-order.ts), and which violation is
 * the first one: that one is told whose position is the lowest.
 */

import type { FaultWindow } from "../../../../checkers/fault-windows.ts";
import { earliest, Violations } from "../../../../checkers/violations.ts";
import { NumberColumn } from "../../../../recording/timeline/number-column.ts";
import type { AuditedOperation } from "../../files/audit-file.ts";
import { type LedgerRecord, ledgerTypes } from "../../files/ledger-file.ts";
import { OperationTable } from "../ledger/operation-table.ts";
import { LogOperations } from "./log-operations.ts";
import { LogOrder } from "./log-order.ts";
import type { LoggedAt } from "./log-stories.ts";
import { OvertakenTrace } from "./overtaken-trace.ts";

export interface LogPartsOptions {
  /** How many operations the ledger holds, about. */
  readonly expected?: number;
  /** How many operations the log holds, at most. */
  readonly logged?: number;
  /** How many operations of the ledger are compared at a time, about. */
  readonly partSize?: number;
}

/** With room for players that are no even share: tables grow by doubling. 42 MB. */
const defaultPartSize = 800_000;
const roomPerOperation = 1.25;

interface Part {
  readonly twice: Violations;
  readonly refused: Violations;
  readonly unsent: Violations;
  readonly lost: Violations;
  readonly ordered: number;
  readonly leftOut: number;
}

export class LogParts {
  readonly #faults: readonly FaultWindow[];
  readonly #count: number;
  readonly #table: OperationTable;
  /** Of several parts. */
  readonly #order: LogOrder | undefined;
  readonly #done: Part[] = [];
  #sent: LogOperations;
  /** Where in the ledger the operations of the part were attempted, by their place in the table. */
  #attemptedAt = new NumberColumn();
  #attempts = 0;
  #overtaken = new Violations();
  #trace: OvertakenTrace | undefined;

  constructor(faults: readonly FaultWindow[], options: LogPartsOptions = {}) {
    const { expected = 0, logged = 0, partSize = defaultPartSize } = options;
    this.#faults = faults;
    this.#count = Math.max(1, Math.ceil(expected / partSize));
    const room = this.#count === 1 ? expected : partSize * roomPerOperation;
    this.#table = new OperationTable(room);
    if (this.#count > 1) this.#order = new LogOrder(logged);
    this.#sent = this.#newPart();
  }

  attempted(record: Readonly<LedgerRecord>): void {
    if (this.#trace !== undefined) this.#trace.attempted(record);
    else if (this.#count === 1) this.#sent.attempted(record);
    else this.#attemptedInPart(record);
  }

  /**
   * @param position Of all operations of the log.
   * @returns whether its player was told of it; undefined for an operation that is not of this part.
   */
  operation(
    operation: Readonly<AuditedOperation>,
    at: LoggedAt,
    position: number,
  ): boolean | undefined {
    if (this.#trace === undefined) {
      if (!this.#has(operation.player)) return undefined;
      return this.#sent.operation(operation, at, position);
    }
    this.#trace.operation(operation, at, position);
    return undefined;
  }

  /** Ends a pass over ledger and audit. True when both have to be shown once more. */
  next(): boolean {
    if (this.#trace !== undefined) {
      if (this.#trace.next()) return true;
      this.#overtaken.example = this.#trace.story();
      return false;
    }
    this.#done.push(this.#endPart());
    if (this.#done.length === this.#count) return this.#judgeOrder();
    this.#table.clear();
    this.#sent = this.#newPart();
    this.#attemptedAt = new NumberColumn();
    this.#attempts = 0;
    return true;
  }

  /** Of all parts, when `next` has said that no pass is left. */
  found(): Part & { readonly overtaken: Violations } {
    const all = (kind: "twice" | "refused" | "unsent" | "lost") =>
      earliest(this.#done.map((part) => part[kind]));
    const sum = (kind: "ordered" | "leftOut") =>
      this.#done.reduce((total, part) => total + part[kind], 0);
    return {
      ...{ twice: all("twice"), refused: all("refused"), unsent: all("unsent") },
      ...{ lost: all("lost"), overtaken: this.#overtaken },
      ...{ ordered: sum("ordered"), leftOut: sum("leftOut") },
    };
  }

  #newPart(): LogOperations {
    const order = this.#order;
    const table = this.#table;
    return new LogOperations(
      () => this.#faults,
      order === undefined ? { table } : { table, order },
    );
  }

  #attemptedInPart(record: Readonly<LedgerRecord>): void {
    if (record.type === ledgerTypes.attempt) this.#attempts += 1;
    if (!this.#has(record.player)) return;
    const before = this.#table.size;
    this.#sent.attempted(record);
    if (this.#table.size > before) this.#attemptedAt.push(this.#attempts);
  }

  #endPart(): Part {
    const { twice, refused, unsent, overtaken, ordered, leftOut } = this.#sent;
    if (this.#order === undefined) this.#overtaken = overtaken;
    const lost = this.#sent.findLost();
    if (this.#order !== undefined) lost.position = this.#attemptedAt.at(lost.position);
    return { twice, refused, unsent, lost, ordered, leftOut };
  }

  /** True when the first violation is to be traced. */
  #judgeOrder(): boolean {
    for (const each of this.#order?.overtaken() ?? []) {
      this.#trace ??= new OvertakenTrace(each, this.#faults);
      this.#overtaken.count += 1;
    }
    return this.#trace !== undefined;
  }

  #has(player: number): boolean {
    if (this.#count === 1) return true;
    return (Math.imul(player, 0x9e37_79b1) >>> 0) % this.#count === this.#done.length;
  }
}
