/**
 * The `log` design's SessionWriter: runs the protocol core against etcd. It owns everything the core
 * must not have: the clock, one timer, calls, watches, chance. Every event is followed by `pump`,
 * which carries out what the core asks for; operations of one tick are pumped together.
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
import type { SkippedFencing } from "../sabotage/skipped-fencing.ts";
import { LogCore } from "./core/log-core.ts";
import type { OmittedRule } from "./core/omitted-rule.ts";
import { beatPrefix, ownerPrefix } from "./format/keys.ts";
import type { LogLimits } from "./partition/log-limits.ts";
import { newBatchIds } from "./store/batch-ids.ts";
import { runStoreCall } from "./store/etcd-store.ts";
import { followPrefix } from "./store/key-follower.ts";
import type { Effect } from "./store/store-call.ts";
import type { LifetimeOptions } from "./table/session-lifetimes.ts";

/** A gateway has 3 s to stop; its streams are closed after this. */
const stopMs = 2300;
const timerMsMax = 1000;

export interface LogWriterOptions {
  /** `gateway/1`; the number at its end says which partition it prefers. */
  readonly name: string;
  /** Its gRPC address, for the owner key. */
  readonly address: string;
  readonly gateways: number;
  readonly partitions: number;
  readonly flushMs: number;
  readonly lifetimes: LifetimeOptions;
  readonly limits: Partial<LogLimits>;
  readonly etcd: EtcdCluster;
  readonly counters: WriterCounters;
  /** A bug that is planted on purpose. */
  readonly omit?: OmittedRule | undefined;
  /** Another one, between the core and the store. */
  readonly skippedFencing?: SkippedFencing | undefined;
  /** How long a record's oldest operation waited before it was sent. */
  readonly onBatchWait: (waitUs: number) => void;
  readonly log: (
    level: "info" | "warn" | "error",
    event: string,
    facts: Readonly<Record<string, unknown>>,
  ) => void;
  /** An invariant is broken: the process must end, with a non-zero exit code. */
  readonly onPanic: (reason: string) => void;
}

export class LogWriter implements SessionWriter {
  readonly #options: LogWriterOptions;
  readonly #core: LogCore;
  readonly #calls = new Map<number, AbortController>();
  readonly #following = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #pumpQueued = false;
  #ended = false;
  #endLeaderWatch: (() => void) | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    const { name, address, gateways, partitions, flushMs, lifetimes, limits, counters } = options;
    this.#core = new LogCore({
      self: { instance: randomUUID(), name, address },
      number: Number(/(\d+)$/.exec(name)?.[1] ?? 1),
      gateways,
      partitions,
      flushMs,
      lifetimes,
      limits,
      counters,
      ...(options.omit === undefined ? {} : { omit: new Set([options.omit]) }),
      newBatchId: newBatchIds(),
      digestOf: operationDigest,
    });
  }

  async start(): Promise<void> {
    this.#endLeaderWatch = this.#options.etcd.onLeaderChange(({ leader }) => {
      if (leader !== undefined) this.#event((nowMs) => this.#core.leaderChanged(nowMs));
    });
    this.#event((nowMs) => this.#core.start(nowMs));
  }

  submit(operation: SubmittedOperation, answer: AnswerSink): void {
    if (this.#ended) {
      answer({ ref: operation.ref, outcome: "fail", reason: "the gateway is stopping" });
      return;
    }
    this.#guard(() => this.#core.submit(operation, answer, performance.now()));
    if (this.#pumpQueued) return;
    this.#pumpQueued = true;
    queueMicrotask(() => {
      this.#pumpQueued = false;
      this.#event((nowMs) => this.#core.tick(nowMs));
    });
  }

  keepAlive(session: string): void {
    if (!this.#ended) this.#core.keepAlive(session, performance.now());
  }

  health(): WriterHealth {
    if (this.#options.etcd.leader() === undefined) {
      return { ready: false, waitingFor: "an etcd leader" };
    }
    return this.#core.health(performance.now());
  }

  async stop(): Promise<void> {
    this.#event((nowMs) => this.#core.stop(nowMs));
    const late = setTimeout(() => {
      this.#options.log("warn", "stop-timed-out", { afterMs: stopMs });
      this.#stopped.resolve();
    }, stopMs);
    await this.#stopped.promise;
    clearTimeout(late);
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#core.abort(performance.now());
    this.#ended = true;
    this.#following.abort();
    this.#endLeaderWatch?.();
    clearTimeout(this.#timer);
    for (const controller of this.#calls.values()) controller.abort();
    this.#calls.clear();
  }

  #event(run: (nowMs: number) => void): void {
    if (this.#ended) return;
    this.#guard(() => {
      run(performance.now());
      for (const effect of this.#core.takeEffects()) this.#carryOut(effect);
      this.#setTimer();
    });
  }

  /** An exception of the core is a broken invariant: nothing may be acknowledged after it. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#panic(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  #panic(reason: string): void {
    this.#stopped.resolve();
    this.#ended = true;
    this.#following.abort();
    clearTimeout(this.#timer);
    this.#options.onPanic(reason);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "call":
        this.#call(effect);
        break;
      case "cancel":
        this.#calls.get(effect.id)?.abort();
        this.#calls.delete(effect.id);
        break;
      case "follow":
        this.#follow();
        break;
      case "log":
        this.#options.log(effect.level, effect.event, effect.facts);
        break;
      case "panic":
        this.#panic(effect.reason);
        break;
      case "stopped":
        this.#stopped.resolve();
        break;
    }
  }

  #call(effect: Extract<Effect, { type: "call" }>): void {
    if (effect.batchWaitMs !== undefined) this.#options.onBatchWait(effect.batchWaitMs * 1000);
    const controller = new AbortController();
    this.#calls.set(effect.id, controller);
    const { deadlineMs } = effect;
    const { etcd, skippedFencing } = this.#options;
    const request = skippedFencing?.request(effect.request) ?? effect.request;
    runStoreCall(etcd, request, { deadlineMs, signal: controller.signal }).then(
      (outcome) => {
        this.#calls.delete(effect.id);
        this.#event((nowMs) => {
          const told = skippedFencing?.outcome(request, outcome) ?? outcome;
          this.#core.settle(effect.id, told, nowMs);
          this.#core.tick(nowMs);
        });
      },
      (error: unknown) => this.#panic(String(error)),
    );
  }

  #follow(): void {
    const { etcd } = this.#options;
    const { signal } = this.#following;
    let beatsLoaded = false;
    void followPrefix(
      etcd,
      ownerPrefix,
      {
        loaded: (values) => this.#event((nowMs) => this.#core.ownersLoaded(values, nowMs)),
        changed: (value) => {
          if (this.#options.skippedFencing?.hides(value) === true) return;
          this.#event((nowMs) => this.#core.ownerChanged(value, nowMs));
        },
      },
      signal,
    );
    void followPrefix(
      etcd,
      beatPrefix,
      {
        loaded: () => {
          if (beatsLoaded) this.#core.beatsMissed();
          beatsLoaded = true;
        },
        changed: (value) => this.#event((nowMs) => this.#core.beat(value, nowMs)),
      },
      signal,
    );
  }

  #setTimer(): void {
    const nowMs = performance.now();
    const wakeMs = Math.min(this.#core.nextWakeMs(), nowMs + timerMsMax);
    // An earlier timer is left to fire: setting one costs more than a tick that does nothing.
    if (this.#timer !== undefined && this.#timerAtMs <= wakeMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = wakeMs;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#event((atMs) => this.#core.tick(atMs));
      },
      Math.max(0, Math.ceil(wakeMs - nowMs)),
    );
  }
}
