/**
 * For tests: a core on a clock that the test moves, over a model of etcd. The
 * test decides when a call reaches the store and what becomes of its answer.
 */
import { operationDigest } from "../../../src/reference-backend/sessions/game/operation-digest.ts";
import {
  type Answer,
  newWriterCounters,
} from "../../../src/reference-backend/sessions/gateway/session-writer.ts";
import { LogCore } from "../../../src/reference-backend/sessions/log/core/log-core.ts";
import {
  beatPrefix,
  ownerPrefix,
} from "../../../src/reference-backend/sessions/log/format/keys.ts";
import type { LogLimits } from "../../../src/reference-backend/sessions/log/partition/log-limits.ts";
import type {
  Effect,
  StoredValue,
  StoreOutcome,
  TxnRequest,
} from "../../../src/reference-backend/sessions/log/store/store-call.ts";
import { ModelStore } from "./model-store.ts";
import type { Asked } from "./test-gateways.ts";

export type Call = Extract<Effect, { type: "call" }>;

/** Short, but long against everything else that a test waits for. */
export const lifetimes = { sessionTtlMs: 64_000, tombstoneMs: 32_000 };

export class CoreDriver {
  readonly core: LogCore;
  readonly store: ModelStore;
  readonly counters = newWriterCounters();
  readonly answers = new Map<number, Answer>();
  readonly panics: string[] = [];
  readonly cancelled: number[] = [];
  /** Sent and not settled. */
  calls: Call[] = [];
  nowMs = 0;
  stopped = false;
  #lastRef = 0;
  #lastBatch = 0;
  readonly #watched: StoredValue[] = [];
  #following = false;

  constructor(
    store: ModelStore,
    number: number,
    { partitions = 1, limits = {} }: { partitions?: number; limits?: Partial<LogLimits> } = {},
  ) {
    this.store = store;
    this.core = new LogCore({
      self: { instance: `i${number}`, name: `gateway/${number}`, address: `host:${number}` },
      number,
      gateways: 2,
      partitions,
      flushMs: 5,
      lifetimes: lifetimes,
      limits,
      counters: this.counters,
      newBatchId: () => {
        this.#lastBatch += 1;
        return String(this.#lastBatch).padStart(16, "0");
      },
      digestOf: operationDigest,
    });
    store.listeners.push((stored) => {
      if (this.#following) this.#watched.push(stored);
    });
  }

  /** Starts it and answers everything until it serves. */
  static serving(
    store = new ModelStore(),
    number = 1,
    limits: Partial<LogLimits> = {},
  ): CoreDriver {
    const driver = new CoreDriver(store, number, { limits });
    driver.start();
    driver.settleAll();
    return driver;
  }

  start(): void {
    this.core.start(this.nowMs);
    this.pump();
  }

  /** Returns the operation's ref, the key of its answer. */
  submit(asked: Asked): number {
    this.#lastRef += 1;
    const ref = this.#lastRef;
    this.core.submit({ ref: BigInt(ref), ...asked }, (answer) => this.#heard(answer), this.nowMs);
    this.pump();
    return ref;
  }

  outcome(ref: number): string | undefined {
    return this.answers.get(ref)?.outcome;
  }

  /** Moves the clock, ticking at every moment the core asked for. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (let ticks = 0; ticks < 10_000; ticks += 1) {
      const nextMs = Math.max(this.nowMs, this.core.nextWakeMs());
      if (nextMs > untilMs) break;
      this.nowMs = nextMs;
      this.tick();
    }
    this.nowMs = untilMs;
    this.tick();
  }

  /** Runs every call against the store, and what follows from it. */
  settleAll(): void {
    for (let call = this.calls[0]; call !== undefined; call = this.calls[0]) this.settle(call);
  }

  /** The call reaches the store; the core gets its answer, or the one that is given instead. */
  settle(call: Call, instead?: StoreOutcome): void {
    const outcome = this.store.run(call.request);
    this.answer(call, instead ?? outcome);
  }

  /** The core gets an answer, whatever the store did. */
  answer(call: Call, outcome: StoreOutcome): void {
    this.calls = this.calls.filter((other) => other.id !== call.id);
    this.core.settle(call.id, outcome, this.nowMs);
    this.tick();
    this.deliverWatches();
  }

  /** Calls under way that append a record. */
  appends(): (Call & { request: TxnRequest })[] {
    return this.calls.flatMap((call) => {
      const { request } = call;
      const appends = request.type === "txn" && request.puts[0]?.key.startsWith("/hunt/log/");
      return appends ? [{ ...call, request }] : [];
    });
  }

  /** Owner keys and heartbeats that others wrote. */
  deliverWatches(): void {
    for (const stored of this.#watched.splice(0)) {
      if (stored.key.startsWith(ownerPrefix)) this.core.ownerChanged(stored, this.nowMs);
      if (stored.key.startsWith(beatPrefix)) this.core.beat(stored, this.nowMs);
      this.pump();
    }
  }

  tick(): void {
    this.core.tick(this.nowMs);
    this.pump();
  }

  pump(): void {
    for (const effect of this.core.takeEffects()) {
      if (effect.type === "call") this.calls.push(effect);
      else if (effect.type === "cancel") {
        this.cancelled.push(effect.id);
        this.calls = this.calls.filter((call) => call.id !== effect.id);
      } else if (effect.type === "panic") this.panics.push(effect.reason);
      else if (effect.type === "stopped") this.stopped = true;
      else if (effect.type === "follow") this.#follow();
    }
  }

  #follow(): void {
    this.#following = true;
    const owners = [...this.store.values.values()].filter(({ key }) => key.startsWith(ownerPrefix));
    this.core.ownersLoaded(owners, this.nowMs);
    this.pump();
  }

  #heard(answer: Answer): void {
    const ref = Number(answer.ref);
    if (this.answers.has(ref)) throw new Error(`operation ${ref} was answered twice`);
    this.answers.set(ref, answer);
  }
}
