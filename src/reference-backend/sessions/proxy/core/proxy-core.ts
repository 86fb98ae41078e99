/**
 * The snapshot proxy as a state machine (rules 20 to 23): events in, effects out; no I/O, no clock, no
 * chance. The shell runs the effects against etcd, a simulation against a model of it. Every method
 * takes the moment it is called at; `tick` must be called at least every `TICK_MS`, since a longer
 * gap is taken for a pause of the process.
 *
 *   effects:  read, cancel, watch, unwatch, log        (proxy-outbox.ts)
 *   events:   leaderChanged, settle, watchEvents, watchProgress, watchEnded, read, tick
 */

import type { IndexedDesign, IndexFigures } from "../designs/session-index.ts";
import { InconsistentStore } from "../designs/session-index.ts";
import { type ReadAnswer, SessionReads, type WaitingRead } from "../serving/session-reads.ts";
import {
  type ProxyEffect,
  ProxyOutbox,
  type ReadOutcome,
  type StoreChange,
} from "./proxy-outbox.ts";
import { StoreFollowing, type WatchEnd } from "./store-following.ts";
import { WarmUpRun } from "./warm-up.ts";

export const tickMs = 20;
/** Of work that was put off, for each tick. */
const tidyOperations = 2000;

export interface ProxyCoreFigures extends IndexFigures {
  readonly misses: number;
  readonly memberChanges: number;
  readonly restarts: number;
  readonly warm: boolean;
}

export interface ProxyCoreHealth {
  readonly ready: boolean;
  readonly waitingFor?: string;
  /** Whose watch is followed, while one is. */
  readonly member?: number;
}

export class ProxyCore {
  readonly #outbox = new ProxyOutbox();
  readonly #following: StoreFollowing;
  readonly #reads: SessionReads;
  readonly #warmUp: WarmUpRun;

  /** `members`: how many there are; they are named by number. */
  constructor({ design, members }: { design: IndexedDesign; members: number }) {
    const outbox = this.#outbox;
    this.#following = new StoreFollowing({
      design,
      members,
      outbox,
      onChange: (sessions, nowMs) => this.#reads.changed(sessions, nowMs),
      onIndexLost: () => this.#reads.indexLost(),
    });
    this.#reads = new SessionReads(outbox, members, this.#following);
    this.#warmUp = new WarmUpRun(outbox, this.#following);
  }

  leaderChanged(leader: number | undefined, nowMs: number): void {
    this.#look(nowMs);
    this.#following.leaderChanged(leader);
  }

  /**
   * Answers at once where it can, and returns undefined then; else within a second.
   * `answer` must not call back into the core.
   */
  read(
    session: string,
    minRevision: number,
    nowMs: number,
    answer: (answer: ReadAnswer) => void,
  ): WaitingRead | undefined {
    this.#look(nowMs);
    return this.#reads.read(session, minRevision, nowMs, answer);
  }

  /** Nobody waits for this answer any more. */
  forget(read: WaitingRead): void {
    this.#reads.forget(read);
  }

  settle(id: number, outcome: ReadOutcome, nowMs: number): void {
    this.#look(nowMs);
    try {
      this.#outbox.settle(id, outcome, nowMs);
    } catch (error) {
      if (!(error instanceof InconsistentStore)) throw error;
      this.#following.contradicted(error, nowMs);
    }
  }

  /** Whole revisions, in order; each change once. */
  watchEvents(watchId: number, changes: readonly StoreChange[], nowMs: number): void {
    this.#look(nowMs);
    this.#following.watchEvents(watchId, changes, nowMs);
  }

  /** Nothing else happened up to `revision`. */
  watchProgress(watchId: number, revision: number): void {
    this.#following.watchProgress(watchId, revision);
  }

  watchEnded(watchId: number, end: WatchEnd, nowMs: number): void {
    this.#look(nowMs);
    this.#following.watchEnded(watchId, end, nowMs);
  }

  /** True: there is work that was put off, and the next tick may come soon. */
  tick(nowMs: number): boolean {
    this.#look(nowMs);
    this.#following.tick(nowMs);
    this.#reads.tick(nowMs);
    this.#warmUp.tick(nowMs);
    return this.#following.index?.tidy(tidyOperations) ?? false;
  }

  takeEffects(): ProxyEffect[] {
    return this.#outbox.take();
  }

  health(nowMs: number): ProxyCoreHealth {
    const { index, failure } = this.#following;
    if (index === undefined) {
      const why = failure === undefined ? "" : ` (${failure})`;
      return { ready: false, waitingFor: `its first load${why}` };
    }
    if (!this.#following.isFresh(nowMs)) {
      return { ready: false, waitingFor: "a heartbeat of a gateway" };
    }
    return { ready: true, ...(this.#following.following && { member: this.#following.member }) };
  }

  /** Age of the newest heartbeat. */
  stalenessMs(nowMs: number): number {
    return this.#following.freshness.ageMs(nowMs);
  }

  get figures(): ProxyCoreFigures {
    const nothing = { states: 0, cacheBytes: 0, tailBytes: 0, evictions: 0 };
    return {
      ...(this.#following.index?.figures ?? nothing),
      misses: this.#reads.missesTotal,
      memberChanges: this.#following.memberChanges,
      restarts: this.#following.restarts,
      warm: this.#following.index !== undefined && this.#warmUp.done,
    };
  }

  #look(nowMs: number): void {
    this.#following.freshness.look(nowMs);
  }
}
