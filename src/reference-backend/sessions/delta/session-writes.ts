/**
 * Writes the queues of sessions, one delta of a session at a time: reads what is not known of it, tells
 * apart what is applied already, appends the rest, and answers everybody. Whatever happens, each
 * operation is answered: `ok` once it is committed, `fail` when it certainly is not and will not be,
 * `unknown` when that cannot be told.
 */

import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { reasonOf } from "../../service-kit/reason-of.ts";
import { type Answer, operationKinds, type WriterCounters } from "../gateway/session-writer.ts";
import type { PendingOperation } from "../log/partition/pending-operation.ts";
import { newBatchIds } from "../log/store/batch-ids.ts";
import { deltaBytesMax, deltaHeadBytesMax } from "./format/delta.ts";
import type { StoredSession } from "./format/stored-session.ts";
import type { SessionCopies, SessionCopy } from "./session-copies.ts";
import { type Append, DeltaStore } from "./store/delta-store.ts";
import type { LiveLeases } from "./store/live-leases.ts";
import type { AppendFate, AppendRetries } from "./store/retried-append.ts";

/** An operation waits at most so long to be sent, and a batch that is sent for its fate. Players wait for 5 s. */
export const queuedMaxMs = 2000;
const fateMaxMs = 2500;
/** Further sendings of one operation that wait for the first one's answer. */
const joinedMax = 8;
/** Between two writes of a session's live key. */
const liveEveryMs = 20_000;

export interface SessionWritesOptions {
  readonly etcd: EtcdCluster;
  readonly counters: WriterCounters;
  readonly copies: SessionCopies;
  readonly leases: LiveLeases;
  readonly retries: AppendRetries;
  readonly onBatchWait: (waitUs: number) => void;
  readonly log: (
    level: "warn" | "error",
    event: string,
    facts: Readonly<Record<string, unknown>>,
  ) => void;
}

export class SessionWrites {
  readonly #options: SessionWritesOptions;
  readonly #store: DeltaStore;
  readonly #newBatchId = newBatchIds();
  /** Operations in all queues. */
  pending = 0;

  constructor(options: SessionWritesOptions) {
    this.#options = options;
    this.#store = new DeltaStore(options.etcd);
  }

  queued(copy: SessionCopy, bytes: number): void {
    copy.queuedBytes += bytes;
    this.#options.counters.queueBytes += bytes;
    this.pending += 1;
  }

  /** A sign of life that writes nothing else. */
  showLife(copy: SessionCopy): void {
    const nowMs = performance.now();
    if (nowMs - copy.liveMs < liveEveryMs) return;
    copy.liveMs = nowMs;
    void this.#options.leases.put(copy.id);
  }

  /** Certain: what is in a queue was not sent. */
  refuseQueue(copy: SessionCopy, reason: string): void {
    while (copy.queue.length > 0) this.#answer(this.#take(copy), { outcome: "fail", reason });
  }

  /** Writes what is due. Never rejects. */
  async write(copy: SessionCopy, isDue: (oldest: PendingOperation) => boolean): Promise<void> {
    try {
      for (let next = copy.queue[0]; next !== undefined && isDue(next); next = copy.queue[0]) {
        if (next.queuedAtMs + queuedMaxMs <= performance.now()) {
          const reason = `queued for more than ${queuedMaxMs} ms`;
          this.#answer(this.#take(copy), { outcome: "fail", reason });
        } else if (copy.state !== undefined || (await this.#read(copy, next))) {
          await this.#writeBatch(copy, this.#takeBatch(copy));
        }
      }
    } catch (error) {
      // The store contradicts itself, or this gateway has a bug: nothing more of this session is written.
      const reason = reasonOf(error);
      this.#options.log("error", "session-broken", { session: copy.id, error: reason });
      this.#options.copies.forget(copy);
      this.refuseQueue(copy, reason);
    }
  }

  /** False: its queue was refused. */
  async #read(copy: SessionCopy, first: PendingOperation): Promise<boolean> {
    const { copies } = this.#options;
    // Nearly always there is nothing; if there is, the append finds it.
    if (first.operation.kind === operationKinds.sessionOpened) {
      copies.begin(copy);
      return true;
    }
    const fate = await this.#load(copy, first.queuedAtMs + queuedMaxMs);
    if (fate.type === "found") {
      copies.load(copy, fate.stored);
      return true;
    }
    const why = "reason" in fate ? fate.reason : fate.type;
    this.refuseQueue(copy, `the session could not be read: ${why}`);
    return false;
  }

  async #load(copy: SessionCopy, untilMs: number): Promise<AppendFate> {
    return await this.#options.retries.send((call) => this.#store.load(copy.id, call), untilMs);
  }

  /** As much as one delta takes of what is to be written; the rest of it is answered. */
  #takeBatch(copy: SessionCopy): PendingOperation[] {
    const batch: PendingOperation[] = [];
    let bytes = deltaHeadBytesMax;
    for (let next = copy.queue[0]; next !== undefined; next = copy.queue[0]) {
      if (bytes + next.bytes > deltaBytesMax) break;
      this.#take(copy);
      const admission = this.#options.copies.admit(copy, next);
      if (admission.type === "accept") {
        copy.outstanding = [...(copy.outstanding ?? []), next];
        batch.push(next);
        bytes += next.bytes;
      } else if (admission.type === "applied") {
        this.#options.counters.duplicate += 1;
        next.answer({ outcome: "ok", revision: admission.revision });
      } else if (admission.type === "join") {
        this.#options.counters.duplicate += 1;
        if (admission.pending.absorb(next, joinedMax)) continue;
        this.#answer(next, { outcome: "unknown", reason: "it was sent too often" });
      } else {
        this.#answer(next, { outcome: admission.type, reason: admission.reason });
      }
    }
    return batch;
  }

  async #writeBatch(copy: SessionCopy, batch: readonly PendingOperation[]): Promise<void> {
    const [oldest] = batch;
    if (oldest === undefined) return;
    try {
      await this.#send(copy, batch, oldest);
    } catch (error) {
      this.#answerAll(batch, "unknown", reasonOf(error));
      throw error;
    }
  }

  async #send(
    copy: SessionCopy,
    batch: readonly PendingOperation[],
    oldest: PendingOperation,
  ): Promise<void> {
    const nowMs = performance.now();
    this.#options.onBatchWait((nowMs - oldest.queuedAtMs) * 1000);
    const batchId = this.#newBatchId();
    const { copies, leases } = this.#options;
    const lease = nowMs - copy.liveMs < liveEveryMs ? undefined : leases.take();
    const append = copies.nextAppend(copy, batch, batchId, lease);
    const fate = await this.#fateOf(append, nowMs + fateMaxMs);
    switch (fate.type) {
      case "committed":
        this.#committed(copy, append, batch);
        return;
      case "found":
        this.#found(copy, { append, batch, batchId }, fate.stored);
        return;
      case "full":
        await this.#full(copy, { append, batch, batchId }, fate);
        return;
      case "refused":
      case "unknown":
        this.#options.copies.forget(copy);
        this.#answerAll(batch, fate.type === "refused" ? "fail" : "unknown", fate.reason);
    }
  }

  async #fateOf(append: Append, untilMs: number): Promise<AppendFate> {
    const { retries, leases } = this.#options;
    const fate = await retries.send((call) => this.#store.append(append, call), untilMs);
    if (fate.type !== "refused" || append.lease === undefined) return fate;
    // Perhaps for its lease, which somebody ended: that must cost no player an operation.
    leases.isGone(append.lease);
    const without = { ...append, lease: undefined };
    return await retries.send((call) => this.#store.append(without, call), untilMs);
  }

  #committed(copy: SessionCopy, append: Append, batch: readonly PendingOperation[]): void {
    this.#applied(copy, append, batch, this.#options.copies.apply(copy, append, batch));
  }

  #applied(
    copy: SessionCopy,
    { delta, base, lease }: Append,
    batch: readonly PendingOperation[],
    revisions: readonly number[],
  ): void {
    const { counters } = this.#options;
    counters.records += 1;
    counters.recordBytes += delta.length;
    counters.applied += batch.length;
    if (base !== undefined) {
      counters.folds += 1;
      counters.baseBytes += base.length;
    }
    batch.forEach((pending, i) => {
      pending.answer({ outcome: "ok", revision: revisions[i] ?? 0 });
    });
    if (lease !== undefined) copy.liveMs = performance.now();
  }

  /** Its own batch, by an attempt whose answer was lost; or another gateway's, and the batch is tried again. */
  #found(copy: SessionCopy, sent: SentBatch, stored: StoredSession): void {
    const { append, batch } = sent;
    this.#options.copies.load(copy, stored);
    const revisions = ownRevisions(sent, stored);
    if (revisions !== undefined) {
      this.#applied(copy, append, batch, revisions);
      return;
    }
    this.#options.counters.fenced += 1;
    copy.queue.unshift(...batch);
    for (const { bytes } of batch) this.queued(copy, bytes);
  }

  /** The write that reached the quota is applied and is told the same, so the store is asked. */
  async #full(
    copy: SessionCopy,
    sent: SentBatch,
    { reason, uncertain }: Extract<AppendFate, { type: "full" }>,
  ): Promise<void> {
    const { batch, append } = sent;
    const fate = await this.#load(copy, performance.now() + fateMaxMs);
    if (fate.type !== "found") {
      this.#options.copies.forget(copy);
      this.#answerAll(batch, "unknown", reason);
      return;
    }
    const { stored } = fate;
    this.#options.copies.load(copy, stored);
    const revisions = ownRevisions(sent, stored);
    if (revisions !== undefined) this.#applied(copy, append, batch, revisions);
    // An attempt before this one may still commit, unless the session has gone on.
    else this.#answerAll(batch, uncertain && stored.last < append.n ? "unknown" : "fail", reason);
  }

  #answerAll(
    batch: readonly PendingOperation[],
    outcome: "fail" | "unknown",
    reason: string,
  ): void {
    for (const pending of batch) this.#answer(pending, { outcome, reason });
  }

  #answer(pending: PendingOperation, answer: Omit<Answer, "ref">): void {
    const { counters } = this.#options;
    if (answer.outcome === "fail") counters.refused += pending.waiting;
    else counters.unknown += pending.waiting;
    pending.answer(answer);
  }

  #take(copy: SessionCopy): PendingOperation {
    const pending = copy.queue.shift();
    if (pending === undefined) throw new Error(`the queue of ${copy.id} is empty`);
    copy.queuedBytes -= pending.bytes;
    this.#options.counters.queueBytes -= pending.bytes;
    this.pending -= 1;
    return pending;
  }
}

interface SentBatch {
  readonly append: Append;
  readonly batch: readonly PendingOperation[];
  readonly batchId: string;
}

/** The revisions after its operations where the batch is in the store. */
function ownRevisions(
  { append, batch, batchId }: SentBatch,
  stored: StoredSession,
): number[] | undefined {
  const delta = stored.deltas.find(({ n }) => n === append.n);
  if (delta?.batchId !== batchId) return undefined;
  return batch.map((_pending, i) => delta.revision + i + 1);
}
