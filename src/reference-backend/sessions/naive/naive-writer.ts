/**
 * The design that failed: per dig a Txn that compares and bumps the session's revision key, a Put of
 * the whole state, a lease keep-alive. Any gateway serves any session. Its known failures are part of
 * it: a retry may apply twice (nothing is deduplicated), two gateways lose updates (Txn and Put are
 * apart, so one may read the state before the other's Put).
 */
import { randomUUID } from "node:crypto";
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../etcd-client/etcd-error.ts";
import { applyOperation, initialState, revisionOf } from "../game/session-state.ts";
import { stateToJson } from "../game/state-json.ts";
import {
  type Answer,
  type AnswerSink,
  operationKinds,
  type SessionWriter,
  type SubmittedOperation,
  type WriterCounters,
  type WriterHealth,
} from "../gateway/session-writer.ts";
import { GatewayBeat } from "../liveness/gateway-beat.ts";
import { type KnownSession, NaiveStore } from "./naive-store.ts";
import { SessionLeases } from "./session-leases.ts";

const pendingMax = 10_000;
const pendingPerSessionMax = 32;
const queuedMaxMs = 2000;
const knownMax = 50_000;
const attemptsMax = 3;
/** A gateway has 3 s to stop; its streams are closed after this. */
const stopMs = 2300;

export interface NaiveWriterOptions {
  /** `gateway/1` */
  readonly name: string;
  readonly address: string;
  readonly etcd: EtcdCluster;
  readonly counters: WriterCounters;
}

interface Queued {
  readonly operation: SubmittedOperation;
  readonly sink: AnswerSink;
  readonly atMs: number;
}

type Outcome = Omit<Answer, "ref">;

export class NaiveWriter implements SessionWriter {
  readonly #etcd: EtcdCluster;
  readonly #counters: WriterCounters;
  readonly #store: NaiveStore;
  readonly #beat: GatewayBeat;
  readonly #leases: SessionLeases;
  readonly #known = new Map<string, KnownSession>();
  readonly #queues = new Map<string, Queued[]>();
  #pending = 0;
  #stopping = false;
  #drained: (() => void) | undefined;

  constructor({ name, address, etcd, counters }: NaiveWriterOptions) {
    this.#etcd = etcd;
    this.#counters = counters;
    this.#store = new NaiveStore(etcd);
    this.#beat = new GatewayBeat(etcd, { instance: randomUUID(), name, address });
    this.#leases = new SessionLeases(etcd);
  }

  async start(): Promise<void> {
    this.#beat.start();
  }

  submit(operation: SubmittedOperation, sink: AnswerSink): void {
    const queue = this.#queues.get(operation.session);
    const full = this.#pending >= pendingMax || (queue?.length ?? 0) >= pendingPerSessionMax;
    if (this.#stopping || full) {
      const reason = full ? "the queue is full" : "the gateway is stopping";
      this.#settle(operation, sink, { outcome: "fail", reason });
      return;
    }
    this.#pending += 1;
    const queued = { operation, sink, atMs: performance.now() };
    if (queue !== undefined) {
      queue.push(queued);
      return;
    }
    const started = [queued];
    this.#queues.set(operation.session, started);
    void this.#work(operation.session, started);
  }

  keepAlive(session: string): void {
    const known = this.#known.get(session);
    if (known !== undefined && known.lease !== 0n) void this.#leases.renew(session, known);
  }

  health(): WriterHealth {
    if (this.#stopping) return { ready: false, waitingFor: "its end" };
    if (this.#etcd.leader() === undefined) return { ready: false, waitingFor: "an etcd leader" };
    return this.#beat.committed ? { ready: true } : { ready: false, waitingFor: "its first write" };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#pending > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      const timer = setTimeout(resolve, stopMs);
      await promise;
      clearTimeout(timer);
    }
    // Who still waits in a queue was never sent; the one under way is answered by its own deadline.
    for (const queue of this.#queues.values()) {
      for (const { operation, sink } of queue.splice(1)) {
        this.#settle(operation, sink, { outcome: "fail", reason: "the gateway is stopping" });
      }
    }
    this.#beat.stop();
    this.#leases.close();
  }

  /** One session's operations, one after the other; the first of the queue is under way. */
  async #work(session: string, queue: Queued[]): Promise<void> {
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const { operation, sink, atMs } = next;
      const late = performance.now() - atMs > queuedMaxMs;
      const outcome: Outcome = late
        ? { outcome: "fail", reason: `queued for more than ${queuedMaxMs} ms` }
        : await this.#write(operation);
      queue.shift();
      this.#pending -= 1;
      this.#settle(operation, sink, outcome);
    }
    this.#queues.delete(session);
    if (this.#pending === 0) this.#drained?.();
  }

  async #write(operation: SubmittedOperation): Promise<Outcome> {
    const { session } = operation;
    try {
      for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
        const known = await this.#recall(session);
        if (known.state === undefined && operation.kind !== operationKinds.sessionOpened) {
          this.#known.delete(session);
          return { outcome: "fail", reason: "no such session" };
        }
        if (await this.#store.bump(session, known)) return await this.#put(operation, known);
        this.#known.delete(session);
      }
      return { outcome: "fail", reason: `lost the race for the revision ${attemptsMax} times` };
    } catch (error) {
      // What is in the store now is for the next operation to find out.
      this.#known.delete(session);
      if (!(error instanceof EtcdError)) {
        return { outcome: "unknown", reason: error instanceof Error ? error.message : "crashed" };
      }
      return { outcome: error.applied === "no" ? "fail" : "unknown", reason: error.message };
    }
  }

  async #put(operation: SubmittedOperation, known: KnownSession): Promise<Outcome> {
    const { session } = operation;
    known.state ??= initialState(session, operation.field1);
    applyOperation(known.state, operation);
    const revision = revisionOf(known.state);
    const json = stateToJson(known.state);
    await this.#store.putState(session, json);
    this.#counters.records += 1;
    this.#counters.recordBytes += json.length;
    void this.#leases.renew(session, known);
    return { outcome: "ok", revision };
  }

  async #recall(session: string): Promise<KnownSession> {
    const known = this.#known.get(session) ?? (await this.#store.load(session));
    this.#known.delete(session);
    this.#known.set(session, known);
    if (this.#known.size > knownMax) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return known;
  }

  #settle(operation: SubmittedOperation, sink: AnswerSink, outcome: Outcome): void {
    if (outcome.outcome === "ok") this.#counters.applied += 1;
    else if (outcome.outcome === "fail") this.#counters.refused += 1;
    else this.#counters.unknown += 1;
    sink({ ref: operation.ref, ...outcome });
  }
}
