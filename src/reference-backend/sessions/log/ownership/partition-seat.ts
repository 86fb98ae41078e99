/**
 * This gateway's relation to one partition: who holds it, and, when that is this gateway, the steps
 * from the takeover to serving and out again (rules 1, 3, 5, 6).
 *
 *   away --take--> taking --> loading --tail read--> serving --hand over--> handing --> away
 *     ^              |           |                      |                      |
 *     '--------------'-----------'--- another's owner key is seen: fenced -----'
 */
import type {
  AnswerSink,
  Operation,
  SubmittedOperation,
  WriterCounters,
} from "../../gateway/session-writer.ts";
import { type Tail, TailReader } from "../bases/tail-reader.ts";
import type { OmittedRule } from "../core/omitted-rule.ts";
import { encodeValue, logKey, type OwnerValue, ownerKey, parseOwner } from "../format/keys.ts";
import { encodeRecord } from "../format/record.ts";
import type { LogLimits } from "../partition/log-limits.ts";
import { movedTo, OwnedPartition } from "../partition/owned-partition.ts";
import type {
  Outbox,
  StoredValue,
  StoreOutcome,
  StoreRequest,
  TxnRequest,
} from "../store/store-call.ts";
import type { LifetimeOptions } from "../table/session-lifetimes.ts";
import { HeldOperations } from "./held-operations.ts";

const ownerCallDeadlineMs = 1000;
const retryMs = 100;
/** A hand-over that takes longer than this is something that players feel. */
const arrivalPatienceMs = 1000;

/** What all partitions of a gateway have in common. */
export interface SeatContext {
  readonly self: OwnerValue;
  readonly flushMs: number;
  readonly lifetimes: LifetimeOptions;
  readonly limits: LogLimits;
  readonly omit?: ReadonlySet<OmittedRule>;
  readonly outbox: Outbox;
  readonly counters: WriterCounters;
  readonly newBatchId: () => string;
  readonly digestOf: (operation: Operation) => number;
  /** Else an operation waits here rather than be sent to that owner. */
  readonly isAlive: (instance: string) => boolean;
}

type Status =
  | { readonly type: "away" }
  | { readonly type: "taking" }
  | {
      readonly type: "loading";
      readonly epoch: number;
      readonly reader: TailReader;
      /** A live gateway gave it, so nobody has waited for it yet. */
      readonly handed: boolean;
      readonly sinceMs: number;
    }
  | { readonly type: "serving"; readonly owned: OwnedPartition }
  | { readonly type: "handing"; readonly owned: OwnedPartition; readonly target: OwnerValue };

export class PartitionSeat {
  readonly partition: number;
  readonly #context: SeatContext;
  readonly #held = new HeldOperations();
  #status: Status = { type: "away" };
  /** The newest owner that was read or watched, and the revision that set it. */
  #observed: OwnerValue | undefined;
  #observedRevision = 0;
  #retryAtMs = 0;
  #stopping = false;

  constructor(partition: number, context: SeatContext) {
    this.partition = partition;
    this.#context = context;
  }

  get phase(): Status["type"] {
    return this.#status.type;
  }

  get owner(): OwnerValue | undefined {
    return this.#observed;
  }

  get queuedBytes(): number {
    return "owned" in this.#status ? this.#status.owned.queuedBytes : 0;
  }

  /** A live gateway has just handed it over: operations wait here for the milliseconds of reading it. */
  arrives(nowMs: number): boolean {
    const status = this.#status;
    if (status.type !== "loading" || !status.handed) return false;
    return nowMs < status.sinceMs + arrivalPatienceMs;
  }

  /** Bytes of untrimmed records. */
  get tailBytes(): number {
    return "owned" in this.#status ? this.#status.owned.tailBytes : 0;
  }

  /** Sessions whose state is in memory. */
  get heldSessions(): number {
    return "owned" in this.#status ? this.#status.owned.held : 0;
  }

  submit(operation: SubmittedOperation, sink: AnswerSink, nowMs: number): void {
    if (this.#status.type === "serving" && !this.#stopping) {
      this.#status.owned.submit(operation, sink, nowMs);
    } else if (this.#mustMove()) {
      this.#move(operation, sink);
    } else if (this.#refusesAll() || !this.#held.add(operation, sink, nowMs)) {
      this.#context.counters.refused += 1;
      const reason = this.#refusesAll() ? "the gateway is stopping" : "too many operations wait";
      sink({ ref: operation.ref, outcome: "fail", reason });
    }
  }

  /** Elsewhere it is not known; whoever takes the partition over gives everybody a full time. */
  keepAlive(session: string, nowMs: number): void {
    if ("owned" in this.#status) this.#status.owned.keepAlive(session, nowMs);
  }

  tick(nowMs: number): void {
    const status = this.#status;
    if (status.type === "loading") status.reader.tick(nowMs);
    if (status.type === "serving" || status.type === "handing") status.owned.tick(nowMs);
    if (this.#mustMove()) this.#releaseHeld(nowMs);
    this.#context.counters.refused += this.#held.expire(nowMs, {
      outcome: "fail",
      reason: "no gateway served the session's partition in time",
    });
  }

  nextWakeMs(): number {
    const status = this.#status;
    const expiresAtMs = this.#held.expiresAtMs();
    if (status.type === "loading") return Math.min(expiresAtMs, status.reader.nextWakeMs());
    if ("owned" in status) return Math.min(expiresAtMs, status.owned.nextWakeMs());
    return expiresAtMs;
  }

  leaderChanged(nowMs: number): void {
    if ("owned" in this.#status) this.#status.owned.leaderChanged(nowMs);
  }

  /** The owner key as it was read or watched. Older news than what is known is ignored. */
  observe(stored: StoredValue, nowMs: number): void {
    if (stored.modRevision <= this.#observedRevision) return;
    this.#setOwner(parseOwner(stored.value), stored.modRevision, nowMs);
  }

  /** Whether a takeover may be tried now. */
  canTake(nowMs: number): boolean {
    return this.#status.type === "away" && !this.#stopping && nowMs >= this.#retryAtMs;
  }

  /** A takeover: the Txn compares the revision of the owner that was read (rule 3). */
  take(nowMs: number): void {
    if (!this.canTake(nowMs)) return;
    this.#status = { type: "taking" };
    this.#retryAtMs = nowMs + retryMs;
    this.#call(this.#takeover(), (outcome, atMs) => {
      if (this.#status.type !== "taking") return;
      this.#status = { type: "away" };
      this.#afterOwnerCall(outcome, this.#context.self, atMs);
    });
  }

  /** Gives the partition to a live gateway once the record in flight has returned (rule 5). */
  handOver(target: OwnerValue, nowMs: number): void {
    if (this.#status.type !== "serving" || nowMs < this.#retryAtMs) return;
    const { owned } = this.#status;
    this.#status = { type: "handing", owned, target };
    owned.pause(nowMs);
  }

  /** Takes no more operations. What is queued is still finished, or moves with a hand-over. */
  stop(nowMs: number): void {
    this.#stopping = true;
    if ("owned" in this.#status) this.#status.owned.closeNoMore();
    if (this.#status.type === "loading") {
      this.#status.reader.abandon();
      this.#status = { type: "away" };
    }
    this.#releaseHeld(nowMs);
  }

  /** Nothing here is under way or owed. */
  get finished(): boolean {
    if (this.#status.type === "serving") return this.#status.owned.idle;
    return this.#status.type === "away" && this.#held.size === 0;
  }

  /** Answers everything now: what was sent is unknown, the rest failed. */
  abort(nowMs: number): void {
    this.stop(nowMs);
    if ("owned" in this.#status) {
      const reason = "the gateway stopped";
      this.#status.owned.end({ outcome: "fail", reason }, reason);
    }
    this.#status = { type: "away" };
    this.#releaseHeld(nowMs);
  }

  #takeover(): TxnRequest {
    const key = ownerKey(this.partition);
    const put = { key, value: encodeValue(this.#context.self) };
    if (this.#observedRevision > 0) {
      const value = this.#observedRevision;
      return {
        type: "txn",
        compares: [{ key, target: "modRevision", relation: "equal", value }],
        puts: [put],
        deletes: [],
        gets: [key],
      };
    }
    // The partition's creation: the only moment at which no record n-1 exists.
    const first = logKey(this.partition, 0);
    const record = encodeRecord({ epoch: 0, batchId: this.#context.newBatchId(), operations: [] });
    return {
      type: "txn",
      compares: [
        { key, target: "version", relation: "equal", value: 0 },
        { key: first, target: "version", relation: "equal", value: 0 },
      ],
      puts: [put, { key: first, value: record }],
      deletes: [],
      gets: [key],
    };
  }

  #call(request: StoreRequest, handler: (outcome: StoreOutcome, nowMs: number) => void): void {
    this.#context.outbox.call(request, { deadlineMs: ownerCallDeadlineMs }, handler);
  }

  /** After a Txn that would have made `owner` the owner: the answer, or what the key holds now. */
  #afterOwnerCall(outcome: StoreOutcome, owner: OwnerValue, nowMs: number): void {
    if (outcome.type === "txn" && outcome.succeeded) {
      this.#setOwner(owner, outcome.revision, nowMs);
    } else if (outcome.type === "txn") {
      const [found] = outcome.found;
      if (found !== undefined) this.observe(found, nowMs);
    } else {
      // The key says whose it is, if not now, then at the next try.
      this.#readOwner();
    }
  }

  #readOwner(): void {
    const start = ownerKey(this.partition);
    this.#call(
      { type: "range", start, end: `${start}\0`, limit: 1, revision: 0 },
      (read, nowMs) => {
        const found = read.type === "range" ? read.values[0] : undefined;
        if (found !== undefined) this.observe(found, nowMs);
      },
    );
  }

  #setOwner(owner: OwnerValue, revision: number, nowMs: number): void {
    if (revision <= this.#observedRevision) return;
    const former = this.#observed;
    this.#observed = owner;
    this.#observedRevision = revision;
    const { self, counters, outbox, isAlive } = this.#context;
    this.#leave(owner);
    const facts = { partition: this.partition, owner: owner.name, epoch: revision };
    outbox.log("info", "owner-changed", facts);
    if (owner.instance === self.instance && !this.#stopping) {
      counters.takeovers += 1;
      this.#load(revision, former !== undefined && isAlive(former.instance), nowMs);
    } else if (owner.instance !== self.instance) {
      this.#releaseHeld(nowMs);
    }
  }

  /** Ends what this gateway did under an epoch that is over. */
  #leave(owner: OwnerValue): void {
    const status = this.#status;
    if (status.type === "loading") status.reader.abandon();
    if (status.type === "serving") this.#context.counters.fenced += 1;
    if ("owned" in status) status.owned.end(movedTo(owner), `${owner.name} took the partition`);
    this.#status = { type: "away" };
  }

  #load(epoch: number, handed: boolean, nowMs: number): void {
    const { outbox, digestOf, limits } = this.#context;
    const reader = new TailReader({
      partition: this.partition,
      revision: epoch,
      outbox,
      table: { digestOf, knownSessionsMax: limits.knownSessionsMax, omit: this.#context.omit },
      onRead: (tail, nowMs) => this.#serve(epoch, tail, nowMs),
    });
    this.#status = { type: "loading", epoch, reader, handed, sinceMs: nowMs };
  }

  #serve(epoch: number, tail: Tail, nowMs: number): void {
    const { isAlive: _isAlive, self: _self, ...shared } = this.#context;
    const owned = new OwnedPartition(
      {
        ...shared,
        partition: this.partition,
        epoch,
        tail,
        onFenced: (owner, atMs) => this.#fenced(owner, atMs),
        onIdle: () => this.#handOverNow(),
      },
      nowMs,
    );
    this.#status = { type: "serving", owned };
    this.#retryAtMs = 0;
    const { table, kept, lastRecord } = tail;
    const facts = { partition: this.partition, epoch, lastRecord, oldestRecord: kept.oldest };
    const sizes = { tailBytes: kept.bytes, sessions: table.size };
    shared.outbox.log("info", "partition-serving", { ...facts, ...sizes });
    this.#releaseHeld(nowMs);
  }

  /** A record's Txn said that the epoch is over; everything has been answered. */
  #fenced(stored: StoredValue | undefined, nowMs: number): void {
    this.#context.counters.fenced += 1;
    this.#context.outbox.log("warn", "fenced", { partition: this.partition });
    this.#status = { type: "away" };
    if (stored !== undefined) this.observe(stored, nowMs);
  }

  #handOverNow(): void {
    if (this.#status.type !== "handing") return;
    const { owned, target } = this.#status;
    const key = ownerKey(this.partition);
    const request: TxnRequest = {
      type: "txn",
      compares: [{ key, target: "modRevision", relation: "equal", value: owned.epoch }],
      puts: [{ key, value: encodeValue(target) }],
      deletes: [],
      gets: [key],
    };
    this.#call(request, (outcome, nowMs) => {
      if (this.#status.type !== "handing" || this.#status.owned !== owned) return;
      this.#afterOwnerCall(outcome, target, nowMs);
      if (this.phase !== "handing") return;
      // Still mine as far as is known, so serve on: if the hand-over commits late, it fences the
      // next record, as any takeover does.
      this.#status = { type: "serving", owned };
      this.#retryAtMs = nowMs + retryMs;
      owned.resume(nowMs);
      this.#releaseHeld(nowMs);
    });
  }

  /** What arrives during a hand-over is held, and moves with it. */
  #refusesAll(): boolean {
    return this.#stopping && this.#status.type !== "handing";
  }

  #mustMove(): boolean {
    if (this.#status.type !== "away" || this.#observed === undefined) return false;
    const { instance } = this.#observed;
    return instance !== this.#context.self.instance && this.#context.isAlive(instance);
  }

  #move(operation: SubmittedOperation, sink: AnswerSink): void {
    this.#context.counters.refused += 1;
    sink({ ref: operation.ref, ...movedTo(this.#observed) });
  }

  #releaseHeld(nowMs: number): void {
    this.#held.release((operation, sink) => this.submit(operation, sink, nowMs));
  }
}
