/**
 * A partition that this gateway owns, from the moment its tail is read until it is handed over or
 * fenced: admits operations, puts them into records one after another, acknowledges what is
 * committed (rules 7 to 13).
 *
 *   submit -> admit -> queue -> record in flight -> committed -> apply, then answer
 *
 * It also closes sessions that show no life (rule 15). A closing is an operation as any other, only
 * that nobody waits for its answer. What it keeps in the store besides records is BaseStore's.
 */
import {
  type Answer,
  type AnswerSink,
  gatewayDevice,
  type Operation,
  operationKinds,
  type SubmittedOperation,
  type WriterCounters,
} from "../../gateway/session-writer.ts";
import { BaseStore } from "../bases/base-store.ts";
import type { Tail } from "../bases/tail-reader.ts";
import type { OmittedRule } from "../core/omitted-rule.ts";
import { type OwnerValue, parseOwner } from "../format/keys.ts";
import { encodeRecord, operationBytes } from "../format/record.ts";
import type { Outbox, StoredValue } from "../store/store-call.ts";
import type { Session } from "../table/session.ts";
import { type LifetimeOptions, SessionLifetimes } from "../table/session-lifetimes.ts";
import type { SessionTable } from "../table/session-table.ts";
import { Appender, type AppendResult } from "./appender.ts";
import type { LogLimits } from "./log-limits.ts";
import { OperationQueue } from "./operation-queue.ts";
import { PendingOperation } from "./pending-operation.ts";

const joinedMax = 8;
/** Closings that are queued or in flight, so also those of one record: 4 KB or so of its 64. */
const closingsMax = 256;

export interface OwnedPartitionOptions {
  readonly partition: number;
  readonly epoch: number;
  readonly tail: Tail;
  readonly flushMs: number;
  readonly lifetimes: LifetimeOptions;
  readonly limits: LogLimits;
  readonly omit?: ReadonlySet<OmittedRule>;
  readonly outbox: Outbox;
  readonly counters: WriterCounters;
  /** 16 hex digits, new each time. */
  readonly newBatchId: () => string;
  readonly digestOf: (operation: Operation) => number;
  /** The partition is another's now; everything here has been answered. */
  readonly onFenced: (owner: StoredValue | undefined, nowMs: number) => void;
  /** No record is in flight any more, after `pause`. */
  readonly onIdle: (nowMs: number) => void;
}

export class OwnedPartition {
  readonly epoch: number;
  readonly #options: OwnedPartitionOptions;
  readonly #table: SessionTable;
  readonly #queue: OperationQueue;
  readonly #appender: Appender;
  readonly #bases: BaseStore;
  readonly #lifetimes: SessionLifetimes;
  #lastRecord: number;
  #inFlight: PendingOperation[] = [];
  #inFlightBytes = 0;
  /** Queued, in flight, or waiting for their session's base. */
  #closings = 0;
  readonly #closingsToLoad = new Set<string>();
  #closes = true;
  #paused = false;
  #ended = false;

  constructor(options: OwnedPartitionOptions, nowMs: number) {
    this.#options = options;
    const { partition, epoch, outbox, tail, limits, counters } = options;
    const { table, kept } = tail;
    this.epoch = epoch;
    this.#table = table;
    this.#lastRecord = tail.lastRecord;
    this.#queue = new OperationQueue(options.flushMs, options.limits);
    this.#lifetimes = new SessionLifetimes(table, options.lifetimes, nowMs);
    const onResult = (result: AppendResult, atMs: number) => this.#appended(result, atMs);
    this.#appender = new Appender({ partition, epoch, outbox, onResult });
    this.#bases = new BaseStore({
      ...{ partition, epoch, outbox, limits, counters, table, kept },
      lifetimes: this.#lifetimes,
      lastRecord: () => this.#lastRecord,
      onLoaded: (session, atMs) => this.#loaded(session, atMs),
      onReleased: (operation, sink, absent, atMs) => this.#admit(operation, sink, atMs, absent),
      onTrimmed: (atMs) => this.#flush(atMs),
      onFenced: (owner, atMs) => this.#fenced(owner, atMs),
      onBug: (reason) => this.#failed(reason),
    });
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Bytes of the records that are not trimmed. */
  get tailBytes(): number {
    return this.#options.tail.kept.bytes;
  }

  /** Sessions whose state is in memory. */
  get held(): number {
    return this.#table.held;
  }

  /** No record is in flight and nothing waits for one. */
  get idle(): boolean {
    return !this.#appender.busy && this.#queue.empty && this.#bases.waiting === 0;
  }

  submit(operation: SubmittedOperation, sink: AnswerSink, nowMs: number): void {
    if (!this.#bases.isWanted(operation.session)) {
      this.#admit(operation, sink, nowMs, false);
      return;
    }
    // A sign of life also if its base cannot be read in time.
    this.keepAlive(operation.session, nowMs);
    this.#wait(operation, sink, nowMs);
  }

  #wait(operation: SubmittedOperation, sink: AnswerSink, nowMs: number): void {
    if (this.#bases.hold(operation, sink, nowMs)) return;
    this.#options.counters.refused += 1;
    sink({ ref: operation.ref, outcome: "fail", reason: "too many operations wait for bases" });
  }

  /** `absent`: a read found no base of the session. */
  #admit(operation: SubmittedOperation, sink: AnswerSink, nowMs: number, absent: boolean): void {
    const { counters } = this.#options;
    const digest = this.#options.digestOf(operation);
    const aliveTick = this.#lifetimes.aliveTick(nowMs);
    const admission = this.#table.admit(operation, digest, aliveTick, absent);
    if (admission.type === "accept") {
      const bytes = operationBytes(operation);
      const pending = new PendingOperation(operation, sink, { digest, bytes, nowMs });
      this.#table.hold(admission.session, pending);
      if (!this.#queue.add(pending)) this.#refuse(pending, "the gateway's queue is full", nowMs);
    } else if (admission.type === "applied") {
      counters.duplicate += 1;
      sink({ ref: operation.ref, outcome: "ok", revision: admission.revision });
    } else if (admission.type === "join") {
      if (admission.pending.join(operation.ref, sink, joinedMax)) {
        counters.duplicate += 1;
      } else {
        counters.unknown += 1;
        sink({ ref: operation.ref, outcome: "unknown", reason: "it is under way already" });
      }
    } else if (admission.type === "load") {
      this.#wait(operation, sink, nowMs);
    } else {
      if (admission.type === "fail") counters.refused += 1;
      else counters.unknown += 1;
      sink({ ref: operation.ref, outcome: admission.type, reason: admission.reason });
    }
  }

  keepAlive(id: string, nowMs: number): void {
    this.#table.keepAlive(id, this.#lifetimes.aliveTick(nowMs));
  }

  /** Closes no further sessions: the gateway is stopping. */
  closeNoMore(): void {
    this.#closes = false;
  }

  tick(nowMs: number): void {
    if (this.#ended) return;
    if (nowMs >= this.#queue.expiresAtMs()) {
      for (const pending of this.#queue.takeExpired(nowMs)) {
        this.#refuse(pending, "it waited too long for the store", nowMs);
      }
    }
    for (const session of this.#lifetimes.takeOver(nowMs)) this.#bases.sessionOver(session);
    if (this.#mayClose) this.#closeIdle(nowMs);
    this.#appender.tick(nowMs);
    this.#flush(nowMs);
    this.#options.counters.refused += this.#bases.tick(nowMs);
  }

  nextWakeMs(): number {
    if (this.#ended) return Number.POSITIVE_INFINITY;
    const flushAtMs = this.#maySend ? this.#queue.dueAtMs() : Number.POSITIVE_INFINITY;
    return Math.min(
      flushAtMs,
      this.#queue.expiresAtMs(),
      this.#appender.nextWakeMs(),
      this.#bases.nextWakeMs(),
      this.#lifetimes.nextWakeMs(this.#mayClose),
    );
  }

  leaderChanged(nowMs: number): void {
    this.#appender.leaderChanged(nowMs);
    this.#bases.leaderChanged(nowMs);
  }

  /** Sends no further record; `onIdle` comes when the one in flight has returned. */
  pause(nowMs: number): void {
    this.#paused = true;
    this.#bases.pause();
    const waits = this.#options.omit?.has("finish-before-hand-over") !== true;
    if (!this.#appender.busy || !waits) this.#options.onIdle(nowMs);
  }

  resume(nowMs: number): void {
    this.#paused = false;
    this.#bases.resume();
    this.#flush(nowMs);
  }

  /**
   * Answers everything and ends (rule 12): what was ever in a sent record is unknown; what was only
   * queued is certainly not applied, and gets `queued`.
   */
  end(queued: Omit<Answer, "ref">, reason: string): void {
    this.#ended = true;
    this.#appender.abandon();
    for (const pending of this.#inFlight) {
      this.#options.counters.unknown += pending.waiting;
      pending.answer({ outcome: "unknown", reason });
    }
    this.#inFlight = [];
    this.#options.counters.refused += this.#bases.end(queued);
    for (const pending of this.#queue.takeAll()) {
      this.#options.counters.refused += pending.waiting;
      pending.answer(queued);
    }
  }

  get #maySend(): boolean {
    return !this.#ended && !this.#paused && !this.#appender.busy && !this.#bases.full;
  }

  #flush(nowMs: number): void {
    if (!this.#maySend || nowMs < this.#queue.dueAtMs()) return;
    const operations = this.#queue.takeRecord();
    const oldest = operations[0];
    if (oldest === undefined) return;
    const batchId = this.#options.newBatchId();
    const bytes = encodeRecord({
      epoch: this.epoch,
      batchId,
      operations: operations.map((pending) => pending.operation),
    });
    this.#inFlight = operations;
    this.#inFlightBytes = bytes.length;
    this.#options.counters.records += 1;
    this.#options.counters.recordBytes += bytes.length;
    const batchWaitMs = nowMs - oldest.queuedAtMs;
    this.#appender.append({ n: this.#lastRecord + 1, batchId, bytes, batchWaitMs }, nowMs);
  }

  #appended(result: AppendResult, nowMs: number): void {
    if (result.type === "committed") {
      this.#commit(result.tookMs, nowMs);
      if (this.#paused) this.#options.onIdle(nowMs);
      else this.#flush(nowMs);
    } else if (result.type === "fenced") {
      this.#fenced(result.owner, nowMs);
    } else if (result.type === "refused") {
      this.#refuseAll(result.reason, nowMs);
      if (this.#paused) this.#options.onIdle(nowMs);
    } else {
      this.#failed(result.reason);
    }
  }

  #fenced(owner: StoredValue | undefined, nowMs: number): void {
    const moved = movedTo(owner === undefined ? undefined : parseOwner(owner.value));
    this.end(moved, "another gateway took the partition while the record was under way");
    this.#options.onFenced(owner, nowMs);
  }

  #failed(reason: string): void {
    this.end({ outcome: "fail", reason: "the gateway failed" }, "the gateway failed");
    this.#options.outbox.push({ type: "panic", reason });
  }

  get #mayClose(): boolean {
    return this.#closes && !this.#paused && this.#closings < closingsMax;
  }

  #closeIdle(nowMs: number): void {
    for (const id of this.#lifetimes.takeIdle(nowMs, closingsMax - this.#closings)) {
      const session = this.#table.find(id);
      if (session === undefined) throw new Error(`session ${id} is idle, but unknown`);
      this.#closings += 1;
      if (this.#table.loadFromTail(session)) {
        this.#close(session, nowMs);
      } else {
        this.#closingsToLoad.add(id);
        this.#bases.want(session);
      }
    }
  }

  #close(session: Session, nowMs: number): void {
    const operation = closingOf(session.id);
    const digest = this.#options.digestOf(operation);
    const facts = { digest, bytes: operationBytes(operation), nowMs };
    const pending = new PendingOperation(operation, undefined, facts);
    this.#table.hold(session, pending);
    if (!this.#queue.add(pending)) this.#refuse(pending, "the gateway's queue is full", nowMs);
  }

  #loaded(session: Session, nowMs: number): void {
    if (this.#closingsToLoad.delete(session.id)) this.#close(session, nowMs);
  }

  #commit(tookMs: number, nowMs: number): void {
    this.#queue.committed(tookMs);
    this.#lastRecord += 1;
    const committed = this.#inFlight;
    this.#inFlight = [];
    const sessions: Session[] = [];
    let closed = 0;
    for (const pending of committed) {
      const { session, revision } = this.#table.apply(pending, this.#lastRecord);
      sessions.push(session);
      pending.answer({ outcome: "ok", revision });
      const { kind, device } = pending.operation;
      if (kind === operationKinds.sessionOpened) this.#lifetimes.opened(session.id, nowMs);
      else if (kind === operationKinds.sessionClosed) this.#lifetimes.closed(session.id, nowMs);
      if (device === gatewayDevice) closed += 1;
    }
    this.#options.tail.kept.add(this.#inFlightBytes, sessions);
    this.#closings -= closed;
    this.#options.counters.closed += closed;
    this.#options.counters.applied += committed.length - closed;
  }

  /** The store is full: neither what it refused nor what waits behind that can be written now. */
  #refuseAll(reason: string, nowMs: number): void {
    const refused = [...this.#inFlight, ...this.#queue.takeAll()];
    this.#inFlight = [];
    for (const pending of refused) this.#refuse(pending, reason, nowMs);
  }

  /** With a session's opening, everything that waits behind it is refused. */
  #refuse(pending: PendingOperation, reason: string, nowMs: number): void {
    if (pending.dropped) return;
    const { session, kind, device } = pending.operation;
    const behind =
      kind === operationKinds.sessionOpened ? this.#table.outstandingOfUnopened(session) : [];
    for (const refused of new Set([pending, ...behind])) {
      refused.dropped = true;
      this.#options.counters.refused += refused.waiting;
      this.#table.release(refused);
      refused.answer({ outcome: "fail", reason });
    }
    if (device !== gatewayDevice) return;
    this.#closings -= 1;
    this.#lifetimes.stillOpen(session, nowMs);
  }
}

function closingOf(session: string): SubmittedOperation {
  const kind = operationKinds.sessionClosed;
  const name = { ref: 0n, session, device: gatewayDevice, sequence: 1 };
  return { ...name, kind, field1: 0, field2: 0, field3: 0 };
}

/** For an operation that is certainly not applied here; the client may send it to `owner`. */
export function movedTo(owner: OwnerValue | undefined): Omit<Answer, "ref"> {
  return { outcome: "moved", owner: owner?.name ?? "" };
}
