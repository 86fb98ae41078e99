/**
 * The design that worked before `log` (docs/delta-format.md): the operations of one session are collected
 * for 100 ms and written as one delta of at most 2 KB, by one Txn to the leader; they are acknowledged
 * once it is committed. Any gateway serves any session: who is not the first to write delta n reads what is
 * there, tells apart what is applied, and tries again.
 *
 *   submit ─▶ queue of its session ─100 ms─▶ SessionWrites: read if unknown, admit, append, answer
 */
import { randomUUID } from "node:crypto";
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { operationDigest } from "../game/operation-digest.ts";
import type {
  AnswerSink,
  SessionWriter,
  SubmittedOperation,
  WriterCounters,
  WriterHealth,
} from "../gateway/session-writer.ts";
import { GatewayBeat } from "../liveness/gateway-beat.ts";
import type { OmittedRule } from "../log/core/omitted-rule.ts";
import { namelessOperationBytes } from "../log/format/record.ts";
import { PendingOperation } from "../log/partition/pending-operation.ts";
import { deltaBytesMax, deltaHeadBytesMax } from "./format/delta.ts";
import { SessionCopies, type SessionCopy } from "./session-copies.ts";
import { queuedMaxMs, SessionWrites } from "./session-writes.ts";
import { Slots } from "./slots.ts";
import { LiveLeases } from "./store/live-leases.ts";
import { AppendRetries } from "./store/retried-append.ts";
import { StoreCompaction } from "./store/store-compaction.ts";

const pendingMax = 20_000;
const queuedBytesMax = 4 * 1024 * 1024;
const queuedPerSessionMax = 256;
/**
 * Sessions whose write is under way; the others wait their turn here, where what waits for too long is refused
 * for certain. Enough for 1,000 writes per second over a link of half a second.
 */
const writingMax = 512;
/** A write may wait so long for those of other sessions. */
const togetherMs = 5;
/** A gateway has 3 s to stop; its streams are closed after this. */
const stopMs = 2300;
const endMs = 200;

export interface DeltaWriterOptions {
  /** `gateway/1` */
  readonly name: string;
  readonly address: string;
  /** How long the operations of a session are collected. */
  readonly flushMs: number;
  readonly compactBehindMs: number;
  readonly etcd: EtcdCluster;
  readonly counters: WriterCounters;
  /** A bug that is planted on purpose. */
  readonly omit?: OmittedRule | undefined;
  /** How long a delta's oldest operation waited before it was sent. */
  readonly onBatchWait: (waitUs: number) => void;
  readonly log: (
    level: "warn" | "error",
    event: string,
    facts: Readonly<Record<string, unknown>>,
  ) => void;
}

export class DeltaWriter implements SessionWriter {
  readonly #options: DeltaWriterOptions;
  readonly #copies: SessionCopies;
  readonly #writes: SessionWrites;
  readonly #retries: AppendRetries;
  readonly #slots = new Slots(writingMax);
  readonly #beat: GatewayBeat;
  readonly #compaction: StoreCompaction;
  /** Sessions with a queue, or a write under way. */
  #busy = 0;
  #stopping = false;
  #drained: (() => void) | undefined;

  constructor(options: DeltaWriterOptions) {
    this.#options = options;
    const { name, address, etcd, compactBehindMs, omit } = options;
    this.#copies = new SessionCopies(omit && new Set([omit]));
    this.#retries = new AppendRetries(etcd);
    this.#beat = new GatewayBeat(etcd, { instance: randomUUID(), name, address });
    this.#compaction = new StoreCompaction(etcd, compactBehindMs);
    const copies = this.#copies;
    const retries = this.#retries;
    const leases = new LiveLeases(etcd);
    this.#writes = new SessionWrites({ ...options, copies, leases, retries });
  }

  async start(): Promise<void> {
    this.#retries.start();
    this.#beat.start();
    this.#compaction.start();
  }

  submit(operation: SubmittedOperation, sink: AnswerSink): void {
    const { counters } = this.#options;
    const bytes = namelessOperationBytes(operation);
    const reason = this.#refusal(operation, bytes);
    if (reason !== undefined) {
      counters.refused += 1;
      sink({ ref: operation.ref, outcome: "fail", reason });
      return;
    }
    const facts = { digest: operationDigest(operation), bytes, nowMs: performance.now() };
    const copy = this.#copies.use(operation.session);
    copy.queue.push(new PendingOperation(operation, sink, facts));
    this.#writes.queued(copy, bytes);
    if (copy.working) return;
    if (copy.timer === undefined) {
      this.#busy += 1;
      this.#writeIn(copy, this.#options.flushMs);
    }
    if (copy.queuedBytes >= deltaBytesMax - deltaHeadBytesMax) this.#writeNow(copy);
  }

  keepAlive(session: string): void {
    const copy = this.#copies.find(session);
    // One that is in the store, as far as is known here.
    if (copy !== undefined && copy.last > 0) this.#writes.showLife(copy);
  }

  health(): WriterHealth {
    if (this.#stopping) return { ready: false, waitingFor: "its end" };
    if (this.#options.etcd.leader() === undefined) {
      return { ready: false, waitingFor: "an etcd leader" };
    }
    return this.#beat.committed ? { ready: true } : { ready: false, waitingFor: "its first write" };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const copy of this.#copies.all()) {
      if (copy.timer !== undefined) this.#writeNow(copy);
    }
    if (!(await this.#isDrainedWithin(stopMs))) {
      // What was never sent is refused; what is under way ends with what is known of it.
      for (const copy of this.#copies.all())
        this.#writes.refuseQueue(copy, "the gateway is stopping");
      this.#retries.stop();
      await this.#isDrainedWithin(endMs);
    }
    this.#retries.stop();
    this.#compaction.stop();
    this.#beat.stop();
  }

  #refusal({ session }: SubmittedOperation, bytes: number): string | undefined {
    if (this.#stopping) return "the gateway is stopping";
    const queued = this.#copies.find(session)?.queue.length ?? 0;
    const isFull =
      this.#writes.pending >= pendingMax ||
      this.#options.counters.queueBytes + bytes > queuedBytesMax ||
      queued >= queuedPerSessionMax;
    return isFull ? "the queue is full" : undefined;
  }

  /** Writes of several sessions start in one moment, so that one packet carries them. */
  #writeIn(copy: SessionCopy, ms: number): void {
    const atMs = Math.ceil((performance.now() + ms) / togetherMs) * togetherMs;
    copy.timer = setTimeout(() => this.#writeNow(copy), Math.ceil(atMs - performance.now()));
  }

  #writeNow(copy: SessionCopy): void {
    clearTimeout(copy.timer);
    copy.timer = undefined;
    copy.working = true;
    void this.#work(copy);
  }

  async #work(copy: SessionCopy): Promise<void> {
    if (await this.#slots.take(queuedMaxMs)) {
      await this.#writes.write(copy, (oldest) => this.#waitMs(oldest) <= 0);
      this.#slots.release();
    } else {
      this.#writes.refuseQueue(copy, `queued for more than ${queuedMaxMs} ms`);
    }
    copy.working = false;
    const { counters } = this.#options;
    counters.held = this.#copies.held;
    const oldest = copy.queue[0];
    if (oldest !== undefined) {
      this.#writeIn(copy, Math.max(0, this.#waitMs(oldest)));
      return;
    }
    this.#copies.tidy(copy);
    this.#busy -= 1;
    if (this.#busy === 0) this.#drained?.();
  }

  /** Until an operation was collected for long enough. */
  #waitMs(oldest: PendingOperation): number {
    if (this.#stopping) return 0;
    return oldest.queuedAtMs + this.#options.flushMs - performance.now();
  }

  async #isDrainedWithin(ms: number): Promise<boolean> {
    if (this.#busy === 0) return true;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#drained = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
