/**
 * Holds the session log, as the auditor watched it, against the ledger and against the final reads.
 *
 *   ledger.bin ──▶ every operation with its digest, when it was sent and answered
 *   audit.bin ──▶ sent? once? order? (log-parts.ts) replay: count and digest sum
 *   observed.bin ──▶ the state that replay gives?
 */

import type { Check, Checker } from "../../../../checkers/checker.ts";
import type { Finding } from "../../../../checkers/finding.ts";
import type { ShownFile } from "../../../../checkers/record-file.ts";
import { joined, Violations } from "../../../../checkers/violations.ts";
import { optional } from "../../../../optional.ts";
import { laneFile } from "../../../../recording/run-folder.ts";
import {
  type AuditedOperation,
  type AuditedRecord,
  type AuditVisitor,
  operationsLogged,
} from "../../files/audit-file.ts";
import { operationsIn } from "../../files/ledger-file.ts";
import { type ObservedRecord, observedStates } from "../../files/observed-file.ts";
import { guarantees } from "../guarantees.ts";
import { type SessionsContext, sessionsId } from "../sessions-context.ts";
import { LogParts, type LogPartsOptions } from "./log-parts.ts";
import { LogRecords } from "./log-records.ts";
import { LogReplay } from "./log-replay.ts";
import { afterClosingStory, type LoggedAt } from "./log-stories.ts";

export const logChecker: Checker<SessionsContext> = {
  source: "log-checker.ts",
  guarantees: [
    guarantees.recordsFollow,
    guarantees.deliveredOnce,
    guarantees.realTime,
    guarantees.closedStay,
    guarantees.replay,
  ],
  begin: async (context) => {
    const { run, folder } = context.reader;
    if (run.lanes[sessionsId]?.observers["auditor"] !== true) return undefined;
    const expected = await operationsIn(laneFile(folder, sessionsId, "ledger"));
    const logged = await operationsLogged(laneFile(folder, sessionsId, "audit"));
    return new LogChecker(context, {
      expected,
      logged,
      ...optional({ partSize: context.partSize }),
    });
  },
};

const closingKind = 5;
/** The device of the gateways' own closings. */
const gatewayDevice = 0;

/** A gateway's own closing is no operation of a player. */
export function isGatewayClosing({ device, kind }: Readonly<AuditedOperation>): boolean {
  return device === gatewayDevice && kind === closingKind;
}

type Step = "ledger" | "audit" | "observed" | "done";

class LogChecker implements Check, AuditVisitor {
  readonly #context: SessionsContext;
  #step: Step = "ledger";
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

  constructor(context: SessionsContext, options: LogPartsOptions) {
    this.#context = context;
    this.#parts = new LogParts(context.faults, options);
  }

  /** Ledger and audit are read again for each part; the observations come after all of them. */
  next(): ShownFile | undefined {
    const { ledger, audit, observed } = this.#context;
    if (this.#step === "audit") {
      this.#step = "observed";
      return audit.to(this);
    }
    if (this.#step === "ledger" || (this.#step === "observed" && this.#nextPart())) {
      this.#step = "audit";
      return ledger.to({ wrote: (record) => this.#parts.attempted(record) });
    }
    if (this.#step === "done") return undefined;
    this.#step = "done";
    return observed.to((record) => this.#observed(record));
  }

  /** Ends a pass over ledger and audit. True when both have to be shown once more. */
  #nextPart(): boolean {
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

  #observed(record: Readonly<ObservedRecord>): void {
    if (record.found === observedStates.unreadable) this.#replay.unreadable();
    else this.#replay.compare(record, record.found === observedStates.found);
  }

  findings(): Finding[] {
    const { ledger, audit, observed } = this.#context;
    const { twice, refused, unsent, lost, overtaken, ordered, leftOut } = this.#parts.found();
    const whole = [...audit.gaps, ...this.#records.doubts];
    const both = [...ledger.gaps, ...whole];
    if (leftOut > 0) both.push(`${leftOut} operations of the ledger were too many to be compared`);
    const delivered = joined([
      twice,
      refused,
      // Without the whole ledger an operation that it lacks may have been sent.
      ...(ledger.gaps.length === 0 && leftOut === 0 ? [unsent] : []),
      ...(both.length === 0 ? [lost] : []),
    ]);
    const none = (count: number, of: string) =>
      count === 0 ? [`no ${of} was seen in the log`] : [];
    const operations = this.#operations;
    return [
      {
        guarantee: guarantees.recordsFollow,
        violations: this.#records.violations,
        checked: this.#records.checked,
        of: "records",
        doubts: [...whole, ...none(this.#records.checked, "record")],
      },
      {
        guarantee: guarantees.deliveredOnce,
        violations: delivered,
        checked: operations,
        doubts: [...both, ...none(operations, "operation")],
      },
      {
        guarantee: guarantees.realTime,
        violations: overtaken,
        checked: ordered,
        doubts: [...both, ...none(ordered, "acknowledged operation")],
      },
      ...this.#closings(whole),
      this.#replay.finding([...whole, ...observed.gaps]),
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
  #closings(doubts: readonly string[]): Finding[] {
    const checked = this.#closed.size;
    if (checked === 0) return [];
    const violations = this.#reopened;
    return [
      { guarantee: guarantees.closedStay, violations, checked, of: "closed sessions", doubts },
    ];
  }
}
