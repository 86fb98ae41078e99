/**
 * The protocol core of the `log` design: one gateway's partitions, heartbeats and decisions about
 * who owns what. Events in (operations, outcomes of calls, watched keys, ticks), effects out
 * (`takeEffects`). It has no I/O, no clock and no chance of its own, so the same code runs against
 * etcd and in a seeded simulation. Times are milliseconds of any monotonic clock.
 *
 * Rules are numbered as in docs/session-log-format.md. An exception from here means a broken
 * invariant: the caller must acknowledge nothing more and end.
 */
import type {
  AnswerSink,
  Operation,
  SubmittedOperation,
  WriterCounters,
  WriterHealth,
} from "../../gateway/session-writer.ts";
import {
  type BeatValue,
  type OwnerValue,
  parseBeat,
  partitionOfOwnerKey,
  partitionsKey,
} from "../format/keys.ts";
import { partitionOf } from "../format/partition-of.ts";
import { GatewayLiveness } from "../ownership/gateway-liveness.ts";
import { Heart } from "../ownership/heart.ts";
import { PartitionSeat } from "../ownership/partition-seat.ts";
import { defaultLogLimits, type LogLimits } from "../partition/log-limits.ts";
import { Compactor } from "../store/compactor.ts";
import { type Effect, Outbox, type StoredValue, type StoreOutcome } from "../store/store-call.ts";
import type { LifetimeOptions } from "../table/session-lifetimes.ts";
import type { OmittedRule } from "./omitted-rule.ts";

const joinDeadlineMs = 1000;
const joinRetryMs = 200;
const leaveRetryMs = 50;
/** How long a gateway leaves a partition that nobody owns to the one that prefers it. */
const unownedPatienceMs = 1000;

export interface LogCoreOptions {
  readonly self: OwnerValue;
  /** Counts from 1; gateway k prefers partition k-1. */
  readonly number: number;
  readonly gateways: number;
  readonly partitions: number;
  readonly flushMs: number;
  readonly lifetimes: LifetimeOptions;
  /** Those that are not the defaults. */
  readonly limits?: Partial<LogLimits>;
  /** For tests of the checkers. */
  readonly omit?: ReadonlySet<OmittedRule>;
  readonly counters: WriterCounters;
  readonly newBatchId: () => string;
  readonly digestOf: (operation: Operation) => number;
}

type Stage = "joining" | "following" | "running" | "stopping" | "stopped";

export class LogCore {
  readonly #options: LogCoreOptions;
  readonly #outbox = new Outbox();
  readonly #liveness: GatewayLiveness;
  readonly #heart: Heart;
  readonly #compactor: Compactor;
  readonly #limits: LogLimits;
  readonly #seats: PartitionSeat[] = [];
  #stage: Stage = "joining";
  #joinAtMs = Number.POSITIVE_INFINITY;
  #leaveAtMs = Number.POSITIVE_INFINITY;
  #runningSinceMs = 0;
  #lastHandOverMs = Number.NEGATIVE_INFINITY;

  constructor(options: LogCoreOptions) {
    this.#options = options;
    const { self, flushMs, lifetimes, counters, newBatchId, digestOf } = options;
    const outbox = this.#outbox;
    this.#liveness = new GatewayLiveness(self.instance);
    this.#heart = new Heart(self, outbox);
    const limits = { ...defaultLogLimits, ...options.limits };
    this.#limits = limits;
    this.#compactor = new Compactor(outbox, limits);
    const isAlive = (instance: string) => this.#liveness.isAlive(instance);
    const shared = { self, flushMs, lifetimes, limits, outbox, counters, newBatchId, digestOf };
    const context = { ...shared, isAlive, ...(options.omit && { omit: options.omit }) };
    for (let p = 0; p < options.partitions; p += 1) this.#seats.push(new PartitionSeat(p, context));
  }

  /** What to do now, in order. To be called after every event. */
  takeEffects(): Effect[] {
    const { counters } = this.#options;
    counters.queueBytes = 0;
    counters.tailBytes = 0;
    counters.held = 0;
    for (const seat of this.#seats) {
      counters.queueBytes += seat.queuedBytes;
      counters.tailBytes += seat.tailBytes;
      counters.held += seat.heldSessions;
    }
    return this.#outbox.take();
  }

  /** When `tick` is due next. */
  nextWakeMs(): number {
    let wakeMs = Math.min(this.#joinAtMs, this.#leaveAtMs, this.#heart.nextWakeMs());
    wakeMs = Math.min(wakeMs, this.#compactor.nextWakeMs());
    for (const seat of this.#seats) wakeMs = Math.min(wakeMs, seat.nextWakeMs());
    return wakeMs;
  }

  start(nowMs: number): void {
    this.#joinAtMs = nowMs;
    this.tick(nowMs);
  }

  submit(operation: SubmittedOperation, sink: AnswerSink, nowMs: number): void {
    const p = partitionOf(operation.session, this.#options.partitions);
    const seat = this.#seats[p];
    if (seat === undefined) throw new RangeError(`no partition ${p}`);
    seat.submit(operation, sink, nowMs);
  }

  /** A session is alive though it does nothing. */
  keepAlive(session: string, nowMs: number): void {
    this.#seats[partitionOf(session, this.#options.partitions)]?.keepAlive(session, nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#joinAtMs) this.#join(nowMs);
    this.#heart.tick(nowMs);
    for (const seat of this.#seats) seat.tick(nowMs);
    const everybody = this.#options.omit?.has("one-compacts") === true;
    this.#compactor.tick(nowMs, everybody || this.#seats[0]?.phase === "serving");
    if (this.#stage === "running") this.#decide(nowMs);
    if (this.#stage === "stopping") this.#leave(nowMs);
  }

  settle(call: number, outcome: StoreOutcome, nowMs: number): void {
    this.#compactor.observe(outcome);
    this.#outbox.settle(call, outcome, nowMs);
    if (this.#stage === "stopping") this.#leave(nowMs);
  }

  /** All owner keys, read before their watch starts; also when that has to start again. */
  ownersLoaded(owners: readonly StoredValue[], nowMs: number): void {
    for (const owner of owners) this.#observeOwner(owner, nowMs);
    if (this.#stage !== "following") return;
    this.#stage = "running";
    this.#runningSinceMs = nowMs;
    this.#heart.start(nowMs);
    this.#compactor.start(nowMs);
    this.tick(nowMs);
  }

  ownerChanged(owner: StoredValue, nowMs: number): void {
    this.#observeOwner(owner, nowMs);
    if (this.#stage === "running") this.#decide(nowMs);
  }

  /** A heartbeat key's new value, in the order of the watch. */
  beat(stored: StoredValue, nowMs: number): void {
    const beat = parseBeat(stored.value);
    if (beat !== undefined) this.#liveness.beat(beat, stored.modRevision);
    if (this.#stage === "running") this.#decide(nowMs);
  }

  /** The watch of heartbeats started again; some were missed. */
  beatsMissed(): void {
    this.#liveness.reset();
  }

  leaderChanged(nowMs: number): void {
    this.#heart.leaderChanged(nowMs);
    for (const seat of this.#seats) seat.leaderChanged(nowMs);
  }

  /** Hands over what can be handed over, finishes its records; the effect `stopped` ends it. */
  stop(nowMs: number): void {
    if (this.#stage === "stopping" || this.#stage === "stopped") return;
    this.#stage = "stopping";
    this.#joinAtMs = Number.POSITIVE_INFINITY;
    this.#heart.leave();
    this.#compactor.stop();
    for (const seat of this.#seats) seat.stop(nowMs);
    this.#leave(nowMs);
  }

  /** Answers everything that is still owed. */
  abort(nowMs: number): void {
    this.#stage = "stopped";
    this.#leaveAtMs = Number.POSITIVE_INFINITY;
    for (const seat of this.#seats) seat.abort(nowMs);
  }

  /** Ready: every partition that it is preferred for is served, by it or by a gateway that lives. */
  health(nowMs: number): WriterHealth {
    if (this.#stage === "joining" || this.#stage === "following") {
      return { ready: false, waitingFor: "etcd" };
    }
    if (this.#stage !== "running") return { ready: false, waitingFor: "nothing, it is stopping" };
    for (const seat of this.#seats) {
      if (this.#preferred(seat) !== this.#options.number || seat.phase === "serving") continue;
      if (seat.arrives(nowMs)) continue;
      const { owner } = seat;
      const elsewhere =
        owner !== undefined &&
        owner.instance !== this.#options.self.instance &&
        this.#liveness.isAlive(owner.instance);
      if (!elsewhere) return { ready: false, waitingFor: `partition ${seat.partition}` };
    }
    return { ready: true };
  }

  #preferred(seat: PartitionSeat): number {
    return (seat.partition % this.#options.gateways) + 1;
  }

  /** The number of partitions is fixed by whoever came first. */
  #join(nowMs: number): void {
    this.#joinAtMs = nowMs + joinDeadlineMs + joinRetryMs;
    const compares = [
      { key: partitionsKey, target: "version", relation: "equal", value: 0 } as const,
    ];
    const puts = [
      { key: partitionsKey, value: new TextEncoder().encode(String(this.#options.partitions)) },
    ];
    this.#outbox.call(
      { type: "txn", compares, puts, deletes: [], gets: [partitionsKey] },
      { deadlineMs: joinDeadlineMs },
      (outcome, atMs) => this.#joined(outcome, atMs),
    );
  }

  #joined(outcome: StoreOutcome, nowMs: number): void {
    if (this.#stage !== "joining") return;
    if (outcome.type !== "txn") {
      this.#joinAtMs = nowMs + joinRetryMs;
      return;
    }
    const found = outcome.found[0];
    const partitions = found === undefined ? undefined : new TextDecoder().decode(found.value);
    if (!outcome.succeeded && partitions !== String(this.#options.partitions)) {
      const reason = `the store has ${partitions} partitions, this gateway was started with ${this.#options.partitions}`;
      this.#outbox.push({ type: "panic", reason });
      return;
    }
    this.#stage = "following";
    this.#joinAtMs = Number.POSITIVE_INFINITY;
    this.#outbox.push({ type: "follow" });
  }

  #observeOwner(stored: StoredValue, nowMs: number): void {
    const partition = partitionOfOwnerKey(stored.key);
    const seat = partition === undefined ? undefined : this.#seats[partition];
    if (seat === undefined) return;
    seat.observe(stored, nowMs);
    if (seat.owner !== undefined) this.#liveness.watchFor(seat.owner.instance, stored.modRevision);
  }

  #decide(nowMs: number): void {
    for (const seat of this.#seats) {
      if (seat.phase === "away") this.#decideTakeover(seat, nowMs);
      else if (seat.phase === "serving") this.#decideHandOver(seat, nowMs);
    }
    this.#liveness.forgetGone((instance) =>
      this.#seats.some((seat) => seat.owner?.instance === instance),
    );
  }

  #decideTakeover(seat: PartitionSeat, nowMs: number): void {
    const { owner } = seat;
    const mine = this.#preferred(seat) === this.#options.number;
    const take =
      owner === undefined
        ? mine || nowMs >= this.#runningSinceMs + unownedPatienceMs
        : this.#liveness.isGone(owner.instance);
    if (take) seat.take(nowMs);
  }

  /** To the gateway that prefers it, once that one is back and steady. */
  #decideHandOver(seat: PartitionSeat, nowMs: number): void {
    const preferred = this.#preferred(seat);
    if (preferred === this.#options.number) return;
    if (nowMs < this.#lastHandOverMs + this.#limits.handOverIntervalMs) return;
    const target = this.#liveness.steady().find((beat) => numberOf(beat) === preferred);
    if (target !== undefined) this.#handOver(seat, target, nowMs);
  }

  #handOver(seat: PartitionSeat, { instance, name, address }: OwnerValue, nowMs: number) {
    this.#lastHandOverMs = nowMs;
    seat.handOver({ instance, name, address }, nowMs);
  }

  /** Stopping: every partition goes to a live gateway, where there is one, else it is finished. */
  #leave(nowMs: number): void {
    this.#leaveAtMs = nowMs + leaveRetryMs;
    const successors = this.#liveness.steady();
    for (const seat of this.#seats) {
      const target = successors[seat.partition % Math.max(1, successors.length)];
      if (target !== undefined && seat.phase === "serving") this.#handOver(seat, target, nowMs);
    }
    if (!this.#heart.left || !this.#seats.every((seat) => seat.finished)) return;
    this.#stage = "stopped";
    this.#leaveAtMs = Number.POSITIVE_INFINITY;
    this.#outbox.push({ type: "stopped" });
  }
}

function numberOf(beat: BeatValue): number {
  return Number(/(\d+)$/.exec(beat.name)?.[1] ?? 0);
}
