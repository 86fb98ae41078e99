/**
 * Holds the session log, as the auditor watched it, against the ledger and against the final reads.
 *
 *   ledger.bin ──attempted()──▶ every operation with its digest, when it was sent and answered
 *   audit.bin ──record(), operation()──▶ sent? once? order? (log-parts.ts) replay: count and digest sum
 *   observed.bin ──observed()──▶ the state that replay gives?
 */
import type {
  AuditedOperation,
  AuditedRecord,
  AuditVisitor,
} from "../../recording/files/audit-file.ts";
import type { LedgerRecord } from "../../recording/files/ledger-file.ts";
import { type ObservedRecord, observedStates } from "../../recording/files/observed-file.ts";
import type { LaneFinding } from "../../verdict/summary-document.ts";
import type { FaultWindow } from "../fault-windows.ts";
import { guarantees } from "../guarantees.ts";
import { joined, resultOf, Violations } from "../violations.ts";
import { LogParts, type LogPartsOptions } from "./log-parts.ts";
import { LogRecords } from "./log-records.ts";
import { LogReplay } from "./log-replay.ts";
import { afterClosingStory, type LoggedAt } from "./log-stories.ts";

/** What is known to be missing from each file, in sentences. */
export interface LogGaps {
  readonly ledger: readonly string[];
  readonly audit: readonly string[];
  readonly observed: readonly string[];
}

const closingKind = 5;
/** The device of the gateways' own closings. */
const gatewayDevice = 0;

/** A gateway's own closing is no operation of a player. */
export function isGatewayClosing({ device, kind }: Readonly<AuditedOperation>): boolean {
  return device === gatewayDevice && kind === closingKind;
}

export class LogChecker implements AuditVisitor {
  readonly #parts: LogParts;
  readonly #records = new LogRecords();
  readonly #replay = new LogReplay();
  readonly #reopened = new Violations();
  /** Players whose session the log has closed. */
  readonly #closed = new Set<number>();
  #at: LoggedAt = { partition: 0, index: 0, revision: 0 };
  #isFirstPass = true;
  #operations = 0;
  /** In this pass. */
  #position = 0;

  /** @param faults for the stories. */
  constructor(faults: readonly FaultWindow[], options: LogPartsOptions = {}) {
    this.#parts = new LogParts(faults, options);
  }

  attempted(record: Readonly<LedgerRecord>): void {
    this.#parts.attempted(record);
  }

  /**
   * Ends a pass over ledger and audit.
   * @returns true when both have to be shown once more, before the observations.
   */
  next(): boolean {
    if (this.#isFirstPass) this.#operations = this.#position;
    this.#isFirstPass = false;
    this.#position = 0;
    return this.#parts.next();
  }

  record(record: Readonly<AuditedRecord>): void {
    if (this.#isFirstPass) this.#records.record(record);
    const { partition, index, revision } = record;
    this.#at = { partition, index, revision };
  }

  hole(): void {
    if (this.#isFirstPass) this.#records.hole();
  }

  unreadable(partition: number, index: number): void {
    if (this.#isFirstPass) this.#records.unreadable(partition, index);
  }

  operation(operation: Readonly<AuditedOperation>): void {
    const position = this.#position;
    this.#position += 1;
    if (this.#isFirstPass) this.#closing(operation);
    if (isGatewayClosing(operation)) return;
    const isAcknowledged = this.#parts.operation(operation, this.#at, position);
    if (isAcknowledged !== undefined) this.#replay.add(operation, isAcknowledged);
  }

  observed(record: Readonly<ObservedRecord>): void {
    if (record.found === observedStates.unreadable) this.#replay.unreadable();
    else this.#replay.compare(record, record.found === observedStates.found);
  }

  finish(gaps: LogGaps): LaneFinding[] {
    const { twice, refused, unsent, lost, overtaken, ordered, leftOut } = this.#parts.found();
    const whole = [...gaps.audit, ...this.#records.doubts];
    const both = [...gaps.ledger, ...whole];
    if (leftOut > 0) both.push(`${leftOut} operations of the ledger were too many to be compared`);
    const delivered = joined([
      twice,
      refused,
      // Without the whole ledger an operation that it lacks may have been sent.
      ...(gaps.ledger.length === 0 && leftOut === 0 ? [unsent] : []),
      ...(both.length === 0 ? [lost] : []),
    ]);
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
      resultOf(guarantees.deliveredOnce, delivered, {
        checked: operations,
        doubts: [...both, ...none(operations, "operation")],
      }),
      resultOf(guarantees.realTime, overtaken, {
        checked: ordered,
        doubts: [...both, ...none(ordered, "acknowledged operation")],
      }),
      ...this.#closings(whole),
      this.#replay.result([...whole, ...gaps.observed]),
    ];
  }

  #closing(operation: Readonly<AuditedOperation>): void {
    const { player, kind } = operation;
    if (this.#closed.has(player)) {
      const at = this.#at;
      this.#reopened.add(1, () => afterClosingStory(operation, at));
    }
    if (kind === closingKind) this.#closed.add(player);
  }

  /** Nothing is promised of closings where there are none. */
  #closings(doubts: readonly string[]): LaneFinding[] {
    const checked = this.#closed.size;
    if (checked === 0) return [];
    const result = resultOf(guarantees.closedStay, this.#reopened, { checked, doubts });
    return [{ ...result, of: "closed sessions" }];
  }
}
