/**
 * The session log against the ledger while both are written: early news of what the checkers say after the load.
 *
 *   audit.bin, how long? ▸ ledger.bin, read to its end ▸ audit.bin, read that far
 *
 * In that order every operation that the log shows was found in the ledger before: its attempt was written
 * before it was sent. What was acknowledged is waited for until the log shows it. It is missing once the log
 * holds an operation that was sent `graceS` after the acknowledgement: the record of that one was
 * committed later, so the missing one had to stand before it. Nobody is accused because the auditor is slow,
 * changes members or has died: then the log gets no further, and what is lost is not known.
 */

import type { FaultWindow } from "../../../../checkers/fault-windows.ts";
import type { LiveCheck, LiveCounts, LiveViolation } from "../../../../checkers/live/live-check.ts";
import { Violations } from "../../../../checkers/violations.ts";
import { optional } from "../../../../optional.ts";
import type { FollowedFile } from "../../../../recording/files/followed-records.ts";
import type { AuditedOperation, AuditedRecord, AuditVisitor } from "../../files/audit-file.ts";
import { followAudit } from "../../files/audit-file.ts";
import { followLedger, type LedgerRecord } from "../../files/ledger-file.ts";
import { guarantees } from "../guarantees.ts";
import { AwaitedOperations } from "../log/awaited-operations.ts";
import { isGatewayClosing } from "../log/log-checker.ts";
import { LogOperations } from "../log/log-operations.ts";
import { LogRecords } from "../log/log-records.ts";
import { type LoggedAt, notYetInLogStory } from "../log/log-stories.ts";

/** Each is told once, when it is first found, as a violation of its guarantee. */
const liveKinds = {
  lost: guarantees.deliveredOnce.id,
  twice: guarantees.deliveredOnce.id,
  refused: guarantees.deliveredOnce.id,
  unsent: guarantees.deliveredOnce.id,
  order: guarantees.realTime.id,
  records: guarantees.recordsFollow.id,
} as const;

type LiveKind = keyof typeof liveKinds;

interface LogCounts extends LiveCounts {
  readonly figures: Readonly<
    Record<"acknowledged" | "delivered" | "unknown" | "behindS" | "upToS", number> &
      Record<LiveKind, number | null>
  >;
}

/** What comes later than this is called lost until it comes; what comes earlier, late: it breaks the order. */
const graceS = 2;
/** The auditor leaves a silent member after 2 s. */
const behindMaxS = 3;

export interface LiveFiles {
  readonly ledger: string;
  readonly audit: string;
}

export class LiveLogCheck implements LiveCheck, AuditVisitor {
  readonly #ledger: FollowedFile;
  readonly #audit: FollowedFile;
  readonly #faults: () => readonly FaultWindow[];
  readonly #awaited = new AwaitedOperations();
  readonly #sent: LogOperations;
  readonly #records = new LogRecords();
  readonly #missed = new Violations();
  readonly #told = new Set<LiveKind>();
  /** Of both files, read to their ends; nothing while it can't be told. */
  #lost: Violations | undefined;
  #isOver = false;
  #at: LoggedAt = { partition: 0, index: 0, revision: 0 };
  #newestUs = 0;
  #holes = 0;
  #oldestAwaited: { readonly us: number; readonly sinceMs: number } | undefined;

  /** @param faults for the stories, as of now. */
  constructor(files: LiveFiles, faults: () => readonly FaultWindow[]) {
    this.#faults = faults;
    this.#sent = new LogOperations(faults, { awaited: this.#awaited });
    this.#ledger = followLedger(files.ledger, (record) => this.#attempted(record));
    this.#audit = followAudit(files.audit, this);
  }

  /** Both files were closed by their writers and read: nothing more will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Reads on, a bounded part.
   * @param nowMs of a monotonic clock.
   * @returns false when there is more to be read already.
   * @throws Error when a file can't be read.
   */
  async step(nowMs: number): Promise<boolean> {
    const seen = await this.#audit.size();
    if (!(await this.#ledger.readTo(await this.#ledger.size()))) return false;
    const isDone = await this.#audit.readTo(seen);
    this.#settle(nowMs);
    if (isDone && this.#ledger.closed && this.#audit.closed) this.#finish();
    return isDone;
  }

  counts(nowMs: number): LogCounts {
    const { acknowledged, unknown, delivered, twice, refused, unsent, overtaken } = this.#sent;
    const behindS = this.#behindS(nowMs);
    const doubt = this.#doubt(behindS);
    const known = (count: number) => (count > 0 || doubt === undefined ? count : null);
    const lost = this.#lost?.count ?? this.#missed.count - this.#sent.belated;
    const figures = {
      ...{ acknowledged, delivered, unknown, behindS },
      // Everything that was acknowledged up to this run second was looked for.
      upToS: this.#newestUs / 1e6 - behindS,
      lost: known(lost),
      twice: known(twice.count),
      refused: known(refused.count),
      unsent: this.#mayAccuse ? known(unsent.count) : null,
      order: known(overtaken.count),
      records: known(this.#records.violations.count),
    };
    return { figures, ...optional({ doubt }) };
  }

  /** The first one of each kind, once. */
  news(): LiveViolation[] {
    const { twice, refused, unsent, overtaken } = this.#sent;
    const found: readonly (readonly [LiveKind, Violations])[] = [
      ["lost", this.#missed.count > 0 ? this.#missed : (this.#lost ?? this.#missed)],
      ["twice", twice],
      ["refused", refused],
      ...(this.#mayAccuse ? ([["unsent", unsent]] as const) : []),
      ["order", overtaken],
      ["records", this.#records.violations],
    ];
    return found.flatMap(([what, { count, example }]) => {
      if (count === 0 || this.#told.has(what)) return [];
      this.#told.add(what);
      return [{ what, guarantee: liveKinds[what], story: example ?? "" }];
    });
  }

  async close(): Promise<void> {
    await this.#ledger.close();
    await this.#audit.close();
  }

  record(record: Readonly<AuditedRecord>): void {
    this.#records.record(record);
    const { partition, index, revision } = record;
    this.#at = { partition, index, revision };
  }

  operation(operation: Readonly<AuditedOperation>): void {
    if (!isGatewayClosing(operation)) this.#sent.operation(operation, this.#at);
  }

  hole(): void {
    this.#holes += 1;
    this.#records.hole();
  }

  unreadable(partition: number, index: number): void {
    this.#records.unreadable(partition, index);
  }

  /** An operation that the table had no room for may have been sent. */
  get #mayAccuse(): boolean {
    return this.#sent.leftOut === 0 && this.#ledger.problem === undefined;
  }

  #attempted(record: Readonly<LedgerRecord>): void {
    this.#newestUs = Math.max(this.#newestUs, record.atUs);
    this.#sent.attempted(record);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#doubt(0) === undefined) this.#lost = this.#sent.findLost();
  }

  #settle(nowMs: number): void {
    const { table, lastSentUs } = this.#sent;
    // Records that nobody saw may hold what seems to be missing.
    const hasGap = this.#audit.problem !== undefined || this.#holes > 0;
    const passedUs = hasGap ? Number.NEGATIVE_INFINITY : lastSentUs - graceS * 1e6;
    const us = this.#awaited.settle(table, passedUs, (place) => {
      if (table.miss(place)) {
        this.#missed.add(1, () => notYetInLogStory(table, place, graceS, this.#faults()));
      }
    });
    if (us === undefined) this.#oldestAwaited = undefined;
    else if (us !== this.#oldestAwaited?.us) this.#oldestAwaited = { us, sinceMs: nowMs };
  }

  /** How long the oldest acknowledgement that was not found in the log waits for it. */
  #behindS(nowMs: number): number {
    const oldest = this.#oldestAwaited;
    if (oldest === undefined || this.#isOver) return 0;
    return Math.max((this.#newestUs - oldest.us) / 1e6, (nowMs - oldest.sinceMs) / 1e3);
  }

  /** Why an absence of violations says nothing; undefined when it says something. */
  #doubt(behindS: number): string | undefined {
    const { leftOut } = this.#sent;
    const problem = this.#ledger.problem ?? this.#audit.problem;
    if (problem !== undefined) return problem.replace(/\.$/, "");
    if (this.#records.doubts.length > 0) return this.#records.doubts.join("; ");
    // Which records it hid shows with the next one of each partition, so for certain at the end only.
    if (this.#holes > 0 && !this.#isOver) return "the store compacted revisions away unseen";
    if (leftOut > 0) return "there are too many operations to compare them all";
    // Nothing that was sent since is in the log either: the auditor is behind, or nobody plays.
    if (behindS > behindMaxS)
      return `the log does not show what was acknowledged ${behindMaxS} s ago`;
    return undefined;
  }
}
