/**
 * One gateway: the real protocol core in a shell that does what LogWriter does, on the simulated
 * store. It can be paused (what arrives meanwhile waits, and it wakes up late), crash, and start
 * again as another instance.
 */
import { operationDigest } from "../../../../src/reference-backend/sessions/game/operation-digest.ts";
import {
  type Answer,
  newWriterCounters,
  type SubmittedOperation,
  type WriterCounters,
} from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import {
  LogCore,
  type LogCoreOptions,
} from "../../../../src/reference-backend/sessions/log/core/log-core.ts";
import {
  beatPrefix,
  ownerPrefix,
} from "../../../../src/reference-backend/sessions/log/format/keys.ts";
import type {
  Effect,
  StoreOutcome,
  StoreRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import { SimulationFailure } from "../checks/checks.ts";
import type { GatewayWatch } from "../checks/gateway-watch.ts";
import { limits, longestStopMs, sessionTtlMs, tombstoneMs } from "../settings.ts";
import { StoreLink } from "../store/store-link.ts";
import { isPut, isRequest } from "../store/store-request.ts";
import type { Scheduled } from "../world/schedule.ts";
import type { World } from "../world/world.ts";
import { KeyFollower } from "./key-follower.ts";

const timerMsMax = 1000;

/** Where a gateway's answers go. */
export type Sink = (answer: Answer) => void;

export class SimGateway {
  readonly name: string;
  readonly number: number;
  readonly world: World;
  instance = "";
  /** Counts starts; whoever held something of an earlier one has lost it. */
  incarnation = 0;
  up = false;
  stopping = false;
  pausedUntilMs = 0;
  counters: WriterCounters = newWriterCounters();
  readonly #watch: GatewayWatch;
  #core: LogCore | undefined;
  #link: StoreLink | undefined;
  #followers: KeyFollower[] = [];
  #timer: Scheduled | undefined;
  #inbox: (() => void)[] = [];
  #clockOffsetMs = 0;
  #batches = 0;
  readonly #sent = new WeakSet<StoreRequest>();
  /** Copies of requests that were sent before. */
  readonly #repeats = new WeakSet<StoreRequest>();
  #backAfterMs = 0;

  constructor(world: World, number: number, watch: GatewayWatch) {
    this.world = world;
    this.number = number;
    this.name = `gateway/${number}`;
    this.#watch = watch;
  }

  start(): void {
    const { world } = this;
    this.incarnation += 1;
    const same = world.removal.flaws.has("same-instance-after-restart");
    this.instance = `${this.name}#${same ? 1 : this.incarnation}`;
    this.up = true;
    this.stopping = false;
    this.pausedUntilMs = 0;
    this.#inbox = [];
    this.#clockOffsetMs = world.random.whole(1, 1_000_000);
    this.counters = newWriterCounters();
    this.#link = this.#newLink(this.incarnation);
    const options = this.#coreOptions();
    this.#core = new LogCore(world.removal.core?.(options) ?? options);
    world.story.tell(`${this.instance} starts`);
    this.#event((core, nowMs) => core.start(nowMs));
  }

  crash(): void {
    if (!this.up) return;
    this.world.story.tell(`${this.instance} crashes`);
    this.world.coverage.crashes += 1;
    this.#end();
  }

  /** As SIGTERM does it: hands over, finishes, is gone after a bounded time; and comes back. */
  stop(backAfterMs: number): void {
    if (!this.up || this.stopping) return;
    this.#backAfterMs = backAfterMs;
    this.world.story.tell(`${this.instance} is told to stop`);
    this.world.coverage.stops += 1;
    this.stopping = true;
    const { incarnation } = this;
    this.#deliver(() => this.#event((core, nowMs) => core.stop(nowMs)));
    this.world.schedule.after(longestStopMs, () => {
      if (this.incarnation === incarnation && this.up) this.#finishStop();
    });
  }

  pause(forMs: number): void {
    if (!this.up || this.paused) return;
    this.world.story.tell(`${this.instance} freezes for ${Math.round(forMs)} ms`);
    this.world.coverage.pauses += 1;
    this.pausedUntilMs = this.world.nowMs + forMs;
    this.#watch.paused(this, forMs);
    this.world.schedule.after(forMs, () => this.#wake());
  }

  get paused(): boolean {
    return this.world.nowMs < this.pausedUntilMs;
  }

  /** Ready, or rightly without what it waits for. */
  get ready(): boolean {
    return this.up && this.#core?.health(this.world.nowMs).ready === true;
  }

  submit(operation: SubmittedOperation, sink: Sink): void {
    const edit = this.world.removal.answer;
    this.#deliver(() => {
      this.#watch.submitted(this, operation);
      const heard = (real: Answer): void => {
        const answer = edit?.(real) ?? real;
        this.#watch.answered(this, answer);
        sink(answer);
      };
      this.#event((core, nowMs) => {
        core.submit(operation, heard, nowMs);
        core.tick(nowMs);
      });
    });
  }

  keepAlive(session: string): void {
    this.#deliver(() => {
      this.#watch.keptAlive(this, session);
      this.#event((core, nowMs) => core.keepAlive(session, nowMs));
    });
  }

  leaderChanged(): void {
    this.#deliver(() => this.#event((core, nowMs) => core.leaderChanged(nowMs)));
  }

  cutFromStore(untilMs: number): void {
    if (this.#link !== undefined) this.#link.cutUntilMs = untilMs;
    for (const follower of this.#followers) follower.stall(untilMs);
  }

  slowStore(untilMs: number): void {
    if (this.#link !== undefined) this.#link.slowUntilMs = untilMs;
  }

  restartWatches(untilMs: number): void {
    for (const follower of this.#followers) follower.stall(untilMs);
  }

  heal(): void {
    if (this.paused) this.#wake();
    this.cutFromStore(0);
    this.slowStore(0);
    if (!this.up) this.start();
  }

  #coreOptions(): LogCoreOptions {
    const { world, number, counters } = this;
    const { settings } = world;
    return {
      self: { instance: this.instance, name: this.name, address: `host:${number}` },
      number,
      gateways: settings.gateways,
      partitions: settings.partitions,
      flushMs: 5,
      lifetimes: { sessionTtlMs: sessionTtlMs, tombstoneMs: tombstoneMs },
      limits: limits,
      counters,
      newBatchId: () => this.#newBatchId(),
      digestOf: operationDigest,
    };
  }

  #newBatchId(): string {
    this.#batches += 1;
    const mine = this.number * 0x1000000 + this.incarnation * 0x10000 + this.#batches;
    return mine.toString(16).padStart(16, "0");
  }

  /** Something arrives; a paused process finds it when it wakes. */
  #deliver(arrived: () => void): void {
    if (!this.up) return;
    if (this.paused) this.#inbox.push(arrived);
    else arrived();
  }

  #wake(): void {
    if (this.pausedUntilMs === 0) return;
    this.pausedUntilMs = 0;
    const inbox = this.#inbox;
    this.#inbox = [];
    const timersFirst = this.world.random.chance(0.5);
    if (timersFirst) this.#event((core, nowMs) => core.tick(nowMs));
    for (const arrived of inbox) if (this.up) arrived();
    if (!timersFirst && this.up) this.#event((core, nowMs) => core.tick(nowMs));
  }

  #event(run: (core: LogCore, nowMs: number) => void): void {
    const core = this.#core;
    if (core === undefined || !this.up) return;
    try {
      run(core, this.#clockMs);
    } catch (error) {
      if (error instanceof SimulationFailure) throw error;
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new SimulationFailure("panic", `${this.instance}: ${why}`);
    }
    for (const effect of core.takeEffects()) this.#carryOut(effect);
    this.#watch.looked(this);
    if (this.up) this.#setTimer(core);
  }

  get #clockMs(): number {
    return this.world.nowMs + this.#clockOffsetMs;
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "call":
        this.#watch.called(this, effect);
        if (this.world.removal.flaws.has("acknowledges-when-sent")) {
          this.#watch.acknowledgeEarly(this, effect);
        }
        this.#link?.send({ ...effect, request: this.#marked(effect.request) });
        break;
      case "cancel":
        if (this.world.removal.flaws.has("cancels-nothing")) break;
        this.#watch.settled(this, effect.id);
        this.#link?.cancel(effect.id);
        break;
      case "follow":
        this.#follow();
        break;
      case "log":
        if (this.world.story.on) {
          this.world.story.tell(
            `${this.instance}: ${effect.event} ${JSON.stringify(effect.facts)}`,
          );
        }
        break;
      case "panic":
        throw new SimulationFailure("panic", `${this.instance}: ${effect.reason}`);
      case "stopped":
        this.#finishStop();
        break;
    }
  }

  /** The same request, or a copy that is known for one that was sent again. */
  #marked(request: StoreRequest): StoreRequest {
    if (!this.#sent.has(request)) {
      this.#sent.add(request);
      return request;
    }
    const copy = { ...request };
    this.#repeats.add(copy);
    return copy;
  }

  #finishStop(): void {
    const core = this.#core;
    if (!this.up || core === undefined) return;
    core.abort(this.#clockMs);
    this.world.story.tell(`${this.instance} has stopped`);
    this.#watch.checkAnswered(this, 0);
    this.#end();
    this.world.schedule.after(this.world.faulty ? this.#backAfterMs : 1, () => {
      if (!this.up) this.start();
    });
  }

  #end(): void {
    this.up = false;
    this.#watch.ended(this);
    this.pausedUntilMs = 0;
    this.#inbox = [];
    this.#link?.cancelAll();
    for (const follower of this.#followers) follower.end();
    this.#followers = [];
    if (this.#timer !== undefined) this.#timer.cancelled = true;
    this.#timer = undefined;
    this.#core = undefined;
  }

  #newLink(incarnation: number): StoreLink {
    // What an earlier start sent may arrive late: it is still that one's.
    const { instance } = this;
    return new StoreLink({
      world: this.world,
      run: (request) => this.#runAtStore(request, instance),
      settled: (id, outcome) => {
        if (this.incarnation !== incarnation) return;
        this.#deliver(() => {
          this.#watch.settled(this, id);
          this.#event((core, nowMs) => {
            core.settle(id, outcome, nowMs);
            core.tick(nowMs);
          });
        });
      },
    });
  }

  #runAtStore(request: StoreRequest, instance: string): StoreOutcome {
    const { removal, etcd } = this.world;
    const key = request.type === "txn" ? request.puts[0]?.key : undefined;
    const again = this.#repeats.has(request);
    const edited = removal.request?.(request, { key: key ?? "", again }) ?? request;
    if (!isRequest(edited)) return edited;
    const full = isPut(edited) && this.world.nowMs < this.world.fullUntilMs;
    if (full && !this.world.fills) return this.#refusedForSpace();
    this.#watch.writes(edited);
    const outcome = etcd.run(edited);
    this.#watch.wrote(instance, edited, outcome);
    if (!full) return removal.outcome?.(edited, outcome) ?? outcome;
    this.world.fills = false;
    this.world.coverage.appliedFull += 1;
    return this.#refusedForSpace();
  }

  #refusedForSpace(): StoreOutcome {
    this.world.coverage.refusedFull += 1;
    return { type: "failed", applied: "no", reason: "mvcc: database space exceeded", full: true };
  }

  #follow(): void {
    const { world } = this;
    const lag = () => world.random.between(0.5, 1) * world.settings.watchLagMs;
    const reachable = () => world.nowMs >= (this.#link?.cutUntilMs ?? 0);
    const thrice = world.removal.flaws.has("own-beats-count-thrice");
    let beatsLoaded = false;
    this.#followers = [
      new KeyFollower({
        world,
        prefix: ownerPrefix,
        lagMs: lag(),
        reachable,
        loaded: (values) =>
          this.#deliver(() => this.#event((core, nowMs) => core.ownersLoaded(values, nowMs))),
        changed: (values) =>
          this.#deliver(() => {
            for (const value of values)
              this.#event((core, nowMs) => core.ownerChanged(value, nowMs));
          }),
      }),
      new KeyFollower({
        world,
        prefix: beatPrefix,
        lagMs: lag(),
        reachable,
        loaded: () => {
          if (beatsLoaded) this.#deliver(() => this.#event((core) => core.beatsMissed()));
          beatsLoaded = true;
        },
        changed: (values) =>
          this.#deliver(() => {
            for (const value of values) {
              const copies = thrice && value.key.endsWith(`-${this.number}`) ? 3 : 1;
              for (let i = 0; i < copies; i += 1)
                this.#event((core, nowMs) => core.beat(value, nowMs));
            }
          }),
      }),
    ];
  }

  #setTimer(core: LogCore): void {
    const wakeInMs = Math.min(core.nextWakeMs() - this.#clockMs, timerMsMax);
    const atMs = this.world.nowMs + Math.max(1, Math.ceil(wakeInMs));
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    if (this.#timer !== undefined) this.#timer.cancelled = true;
    this.#timer = this.world.schedule.at(atMs, () => {
      this.#timer = undefined;
      this.#deliver(() => this.#event((tocked, nowMs) => tocked.tick(nowMs)));
    });
  }
}
