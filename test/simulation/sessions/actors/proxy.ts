/**
 * One snapshot proxy: the real core in a shell that does what ProxyProcess does, on the simulated
 * store's members. It can freeze and start again; its watch may break.
 */

import { reasonOf } from "../../../../src/reference-backend/service-kit/reason-of.ts";
import { beatPrefix } from "../../../../src/reference-backend/sessions/log/format/keys.ts";
import {
  ProxyCore,
  tickMs,
} from "../../../../src/reference-backend/sessions/proxy/core/proxy-core.ts";
import type {
  ProxyEffect,
  ReadOutcome,
  ReadRange,
  StoreChange,
} from "../../../../src/reference-backend/sessions/proxy/core/proxy-outbox.ts";
import { logDesign } from "../../../../src/reference-backend/sessions/proxy/designs/log-sessions.ts";
import type { ReadAnswer } from "../../../../src/reference-backend/sessions/proxy/serving/session-reads.ts";
import { must, SimulationFailure } from "../checks/checks.ts";
import type { Member } from "../store/member.ts";
import { StoreWatch } from "../store/store-watch.ts";
import type { World } from "../world/world.ts";

/** Rule 22. */
const staleMs = 1000;

type ReadEffect = Extract<ProxyEffect, { type: "read" }>;
type WatchEffect = Extract<ProxyEffect, { type: "watch" }>;

export class SimProxy {
  readonly name: string;
  readonly #world: World;
  readonly #cacheBytesMax: number;
  #core: ProxyCore;
  #start = 0;
  #watch: StoreWatch | undefined;
  #watchId = 0;
  #frozenUntilMs = 0;
  #lastWatched = 0;
  #lastSeen = 0;
  /** The newest sign that what it has is new, as it arrived here. */
  #heardMs = Number.NEGATIVE_INFINITY;

  constructor(world: World, number: number) {
    this.#world = world;
    this.name = `proxy/${number}`;
    this.#cacheBytesMax = world.random.pick([4_000, 20_000, 1_000_000]);
    this.#core = this.#begin();
  }

  restart(): void {
    this.#world.coverage.proxyRestarts += 1;
    this.#world.story.tell(`${this.name} starts again`);
    this.#core = this.#begin();
  }

  freeze(forMs: number): void {
    this.#frozenUntilMs = this.#world.nowMs + forMs;
    if (this.#watch !== undefined) this.#watch.stalledUntilMs = this.#frozenUntilMs;
  }

  /** Its connection breaks. */
  breakWatch(reason: string): void {
    const watchId = this.#watchId;
    if (this.#watch === undefined) return;
    this.#world.coverage.proxyCuts += 1;
    this.#closeWatch();
    this.#event((nowMs) => this.#core.watchEnded(watchId, { reason, compacted: false }, nowMs));
  }

  leaderChanged(leader: number | undefined): void {
    this.#event((nowMs) => this.#core.leaderChanged(leader, nowMs));
  }

  read(session: string, minRevision: number, answer: (answer: ReadAnswer) => void): void {
    if (this.#frozen) return;
    const asked = this.#world.removal.flaws.has("reads-ignore-revision") ? 0 : minRevision;
    this.#event((nowMs) => {
      const waiting = this.#core.read(session, asked, nowMs, (told) => {
        const ageMs = this.#world.nowMs - this.#heardMs;
        must(
          told.type !== "state" || ageMs <= staleMs + tickMs,
          "stale-read",
          () => `${this.name} answers ${Math.round(ageMs)} ms after the last heartbeat`,
        );
        answer(told);
      });
      if (waiting !== undefined) this.#world.coverage.readsWaited += 1;
    });
  }

  get ready(): boolean {
    return this.#core.health(this.#world.nowMs).ready;
  }

  #begin(): ProxyCore {
    const world = this.#world;
    this.#closeWatch();
    this.#start += 1;
    const start = this.#start;
    const core = new ProxyCore({ design: logDesign(this.#cacheBytesMax), members: 3 });
    core.leaderChanged(0, world.nowMs);
    const tick = (): void => {
      if (start !== this.#start) return;
      let soon = false;
      this.#event((nowMs) => {
        if (world.removal.flaws.has("beats-made-up")) this.#makeUpBeat(nowMs);
        soon = this.#core.tick(nowMs);
      });
      const inMs = soon ? 1 : tickMs;
      world.schedule.at(Math.max(this.#frozenUntilMs, world.nowMs + inMs), tick);
    };
    world.schedule.after(1, tick);
    return core;
  }

  /** As if it took its own clock for a heartbeat. */
  #makeUpBeat(nowMs: number): void {
    const key = `${beatPrefix}gateway-1`;
    const beat = { key, value: new Uint8Array(), version: 9, modRevision: this.#lastSeen };
    if (this.#watch !== undefined) this.#core.watchEvents(this.#watchId, [beat], nowMs);
  }

  get #frozen(): boolean {
    return this.#world.nowMs < this.#frozenUntilMs;
  }

  /** What arrives while it is frozen is found when it wakes, in order. */
  #event(run: (nowMs: number) => void): void {
    const world = this.#world;
    const start = this.#start;
    if (this.#frozen) {
      world.schedule.at(this.#frozenUntilMs, () => {
        if (start === this.#start) this.#event(run);
      });
      return;
    }
    try {
      run(world.nowMs);
    } catch (error) {
      if (error instanceof SimulationFailure) throw error;
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new SimulationFailure("proxy-inconsistent", `${this.name}: ${why}`);
    }
    for (const effect of this.#core.takeEffects()) this.#carryOut(effect);
  }

  #carryOut(effect: ProxyEffect): void {
    switch (effect.type) {
      case "read":
        this.#ask(effect);
        break;
      case "watch":
        this.#open(effect);
        break;
      case "unwatch":
        if (effect.id === this.#watchId) this.#closeWatch();
        break;
      case "log":
        this.#told(effect);
        break;
      case "cancel":
        break;
    }
  }

  #told({ level, event, facts }: Extract<ProxyEffect, { type: "log" }>): void {
    const world = this.#world;
    if (event === "loaded") world.coverage.proxyLoads += 1;
    if (world.story.on) world.story.tell(`${this.name}: ${event} ${describe(facts)}`);
    if (level === "error") {
      throw new SimulationFailure(
        "proxy-inconsistent",
        `${this.name}: ${event} ${describe(facts)}`,
      );
    }
  }

  #ask({ id, member: number, range, deadlineMs }: ReadEffect): void {
    const world = this.#world;
    const start = this.#start;
    const member = world.members[number];
    if (member === undefined) throw new RangeError(`no member ${number}`);
    const linearizable = range.revision === 0 && !range.serializable;
    const settle = (outcome: ReadOutcome): void => {
      if (start !== this.#start) return;
      // A read of the newest is as good as a heartbeat.
      if (linearizable && outcome.type === "read") this.#heardMs = world.nowMs;
      this.#event((nowMs) => this.#core.settle(id, outcome, nowMs));
    };
    const reachMs = world.random.between(0.1, 1) * member.lagMs;
    const lost = world.strikes(world.settings.lossProbability);
    if (lost) {
      world.schedule.after(deadlineMs, () => settle({ type: "failed", reason: "deadline" }));
      return;
    }
    world.schedule.after(reachMs, () => {
      const nobody = linearizable && (member.isCut || world.nowMs < world.leaderlessUntilMs);
      const outcome: ReadOutcome = nobody
        ? { type: "failed", reason: "no leader" }
        : this.#readAt(member, range);
      world.schedule.after(nobody ? 100 : reachMs, () => settle(outcome));
    });
  }

  #readAt(member: Member, range: ReadRange): ReadOutcome {
    const world = this.#world;
    const { etcd, removal } = world;
    const has = range.revision === 0 && !range.serializable ? etcd.revision : member.revision;
    const newest =
      (removal.flaws.has("base-read-at-newest") && range.start.startsWith("/hunt/base/")) ||
      (removal.flaws.has("loads-at-several-revisions") && range.start.startsWith("/hunt/log/"));
    const revision = newest ? etcd.revision : range.revision === 0 ? has : range.revision;
    if (revision > has && !newest) {
      return { type: "failed", reason: `revision ${revision} is in the future` };
    }
    const { start, limit } = range;
    const end = range.end ?? `${start}\0`;
    const outcome = etcd.run({ type: "range", start, end, limit: limit || 1e9, revision });
    if (outcome.type !== "range") return { type: "failed", reason: "compacted" };
    const { values, more } = outcome;
    const read = values.map(({ key, value, modRevision }) => {
      const version = etcd.versionAt(key, revision);
      return { key, value: range.keysOnly ? new Uint8Array() : value, modRevision, version };
    });
    return { type: "read", values: read, more, revision: has };
  }

  #open(effect: WatchEffect): void {
    const world = this.#world;
    const start = this.#start;
    this.#closeWatch();
    const { id, member: number, start: from, end, fromRevision } = effect;
    this.#watchId = id;
    const member = world.members[number];
    if (member === undefined) throw new RangeError(`no member ${number}`);
    const compacted = (): void => {
      if (world.removal.flaws.has("no-new-load-after-compaction")) {
        this.#watch?.skip();
        return;
      }
      this.#closeWatch();
      if (start !== this.#start) return;
      world.coverage.watchRestarts += 1;
      const ended = { reason: "compacted", compacted: true };
      this.#event((nowMs) => this.#core.watchEnded(id, ended, nowMs));
    };
    const changed = (changes: readonly StoreChange[]): void => {
      if (start !== this.#start) return;
      this.#event((nowMs) => {
        this.#lastSeen = Math.max(this.#lastSeen, changes.at(-1)?.modRevision ?? 0);
        if (changes.some(({ key }) => key.startsWith(beatPrefix))) this.#heardMs = nowMs;
        this.#core.watchEvents(id, changes, nowMs);
      });
    };
    const options = { world, start: from, end, lagMs: member.lagMs, changed, compacted };
    this.#watch = new StoreWatch(options, fromRevision - 1);
    this.#watch.stalledUntilMs = member.goesOnAtMs;
    this.#watch.member = member;
    const again = this.#lastWatched > 0 && fromRevision > this.#lastWatched;
    if (again && world.removal.flaws.has("watch-skips-after-cut")) this.#watch.skip();
    this.#lastWatched = fromRevision;
  }

  #closeWatch(): void {
    this.#watch?.end();
    this.#watch = undefined;
  }
}

function describe(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, fact]) => `${name}=${reasonOf(fact)}`)
    .join(" ");
}
