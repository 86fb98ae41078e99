/**
 * Keeps an index equal to the store (docs/session-log-format.md, rules 21 and 22): everything is
 * read at one revision R of one follower, then that follower's watch is applied from R+1 on. A lost
 * watch goes on from the last revision on another member, so what was shown never goes back; only
 * compaction or a store that contradicts itself begins again with an empty index, at a revision that
 * is newer than all that was shown, since a linearizable read told it.
 *
 * When heartbeats are missing for a second, and at most once a second, the other members are asked;
 * one that has a newer heartbeat is followed instead.
 */
import { reasonOf } from "../../../service-kit/reason-of.ts";
import { beatPrefix, prefixEnd } from "../../log/format/keys.ts";
import type { IndexedDesign, SessionIndex } from "../designs/session-index.ts";
import { Freshness } from "./freshness.ts";
import { IndexLoad } from "./index-load.ts";
import type { ProxyOutbox, ReadOutcome, StoreChange } from "./proxy-outbox.ts";

const beats = { start: beatPrefix, end: prefixEnd(beatPrefix) };
const probeEveryMs = 1000;
const probeDeadlineMs = 300;
const retryMs = 20;
/** A store that contradicts itself is not read again and again at full speed. */
const reloadAfterFailureMs = 1000;

export interface StoreFollowingOptions {
  readonly design: IndexedDesign;
  readonly members: number;
  readonly outbox: ProxyOutbox;
  /** Sessions whose state changed; "all": the index is another one, or fresh again. */
  readonly onChange: (sessions: Iterable<string> | "all", nowMs: number) => void;
  /** What was begun with the last index is of no use any more. */
  readonly onIndexLost: () => void;
}

export interface WatchEnd {
  readonly reason: string;
  /** The revision to go on from is compacted. */
  readonly compacted: boolean;
}

export class StoreFollowing {
  readonly freshness = new Freshness();
  readonly #options: StoreFollowingOptions;
  #loaded: SessionIndex | undefined;
  /** Everything up to it is applied. */
  #seen = 0;
  #leader: number | undefined;
  #load: IndexLoad | undefined;
  #watchId: number | undefined;
  #followed: number | undefined;
  #preferred: number | undefined;
  #beginAtMs = 0;
  #probedMs = Number.NEGATIVE_INFINITY;
  #proving = false;
  /** Somebody may wait for it to be fresh. */
  #shownStale = true;
  /** Watches that ended, or loads begun again. */
  restarts = 0;
  memberChanges = 0;
  failure: string | undefined;

  constructor(options: StoreFollowingOptions) {
    this.#options = options;
  }

  /** Undefined until the first load is done, and while everything is read again. */
  get index(): SessionIndex | undefined {
    return this.#loaded;
  }

  get revision(): number {
    return this.#seen;
  }

  /** The member whose watch is followed, or was last. */
  get member(): number {
    return this.#followed ?? 0;
  }

  get following(): boolean {
    return this.#watchId !== undefined;
  }

  isFresh(nowMs: number): boolean {
    const fresh = this.#loaded !== undefined && this.freshness.isFresh(this.#seen, nowMs);
    if (!fresh) this.#shownStale = true;
    return fresh;
  }

  leaderChanged(leader: number | undefined): void {
    this.#leader = leader;
  }

  tick(nowMs: number): void {
    if (this.#load === undefined && this.#watchId === undefined && nowMs >= this.#beginAtMs) {
      this.#begin(nowMs);
    }
    if (this.freshness.unproven && !this.#proving) this.#prove(nowMs);
    this.#tellWhenFresh(nowMs);
    if (this.#watchId === undefined || this.isFresh(nowMs)) return;
    if (nowMs - this.#probedMs < probeEveryMs) return;
    this.#probedMs = nowMs;
    this.#probe(this.member, this.#watchId);
  }

  /** Whole revisions, in order. */
  watchEvents(watchId: number, changes: readonly StoreChange[], nowMs: number): void {
    const index = this.#loaded;
    if (watchId !== this.#watchId || index === undefined) return;
    const touched: Iterable<string>[] = [];
    try {
      for (const change of changes) {
        this.#seen = change.modRevision;
        if (change.key.startsWith(beatPrefix)) this.freshness.beat(change.modRevision, nowMs);
        else touched.push(index.apply(change));
      }
    } catch (error) {
      this.contradicted(error, nowMs);
      return;
    }
    for (const sessions of touched) this.#options.onChange(sessions, nowMs);
    this.#tellWhenFresh(nowMs);
  }

  watchProgress(watchId: number, revision: number): void {
    if (watchId === this.#watchId) this.#seen = Math.max(this.#seen, revision);
  }

  watchEnded(watchId: number, { reason, compacted }: WatchEnd, nowMs: number): void {
    if (watchId !== this.#watchId) return;
    this.#watchId = undefined;
    this.#again("watch-ended", reason, nowMs + retryMs);
    if (compacted) this.#loseIndex(reason);
  }

  /** The store does not make sense: nothing is served until it does. */
  contradicted(error: unknown, nowMs: number): void {
    const reason = reasonOf(error);
    if (this.#watchId !== undefined) this.#options.outbox.unwatch(this.#watchId);
    this.#watchId = undefined;
    this.#load = undefined;
    this.#again("load-again", reason, nowMs + reloadAfterFailureMs);
    this.#loseIndex(reason);
  }

  /** A follower where there is one, another one than last time; without a leader nobody can serve. */
  #begin(nowMs: number): void {
    const leader = this.#leader;
    if (leader === undefined) return;
    const all = Array.from({ length: this.#options.members }, (_, member) => member);
    const followers = all.filter((member) => member !== leader);
    const member = this.#preferred ?? followers[this.restarts % followers.length] ?? leader;
    this.#preferred = undefined;
    if (this.#followed !== undefined && this.#followed !== member) this.memberChanges += 1;
    this.#followed = member;
    if (this.#loaded === undefined) this.#startLoad(member, nowMs);
    else this.#watch(member);
  }

  #startLoad(member: number, startMs: number): void {
    const { outbox, design } = this.#options;
    const load = new IndexLoad(outbox, member, design, {
      done: (index, revision, nowMs) => {
        if (this.#load !== load) return;
        this.#load = undefined;
        this.#loaded = index;
        this.failure = undefined;
        this.#seen = revision;
        // The first page is a linearizable read, which is as good as a heartbeat of that moment.
        this.freshness.beat(0, startMs);
        const { states } = index.figures;
        const tookMs = Math.round(nowMs - startMs);
        outbox.log("info", "loaded", { member, states, revision, tookMs });
        this.#watch(member);
        this.#tellWhenFresh(nowMs);
      },
      failed: (reason, nowMs) => {
        if (this.#load !== load) return;
        this.#load = undefined;
        this.#again("load-failed", reason, nowMs + retryMs);
      },
    });
    this.#load = load;
    load.start();
  }

  #watch(member: number): void {
    const { outbox, design } = this.#options;
    this.#watchId = outbox.watch(member, design.watched, this.#seen + 1);
  }

  #again(event: string, reason: string, atMs: number): void {
    this.restarts += 1;
    this.#beginAtMs = atMs;
    const level = event === "load-again" ? "error" : "warn";
    this.#options.outbox.log(level, event, { member: this.#followed, error: reason });
  }

  #loseIndex(reason: string): void {
    this.#loaded = undefined;
    this.#shownStale = true;
    this.failure = reason;
    this.#options.onIndexLost();
  }

  #tellWhenFresh(nowMs: number): void {
    if (!this.#shownStale || !this.isFresh(nowMs)) return;
    this.#shownStale = false;
    this.#options.onChange("all", nowMs);
  }

  #prove(nowMs: number): void {
    if (this.#leader === undefined) return;
    this.#proving = true;
    const range = { ...beats, limit: 1, revision: 0, serializable: false, keysOnly: true };
    this.#options.outbox.read(this.#leader, range, probeDeadlineMs, (outcome, atMs) => {
      this.#proving = false;
      if (outcome.type === "failed") return;
      // One that was under way while the proxy stood still again proves nothing.
      if (atMs - nowMs <= probeDeadlineMs) this.freshness.prove(outcome.revision);
      this.#tellWhenFresh(atMs);
    });
  }

  #probe(followed: number, watchId: number): void {
    const { outbox, members } = this.#options;
    const others = Array.from({ length: members }, (_, i) => i).filter((i) => i !== followed);
    let best = { member: followed, revision: this.freshness.beatRevision };
    let unanswered = others.length;
    const heard = (member: number, outcome: ReadOutcome, nowMs: number): void => {
      unanswered -= 1;
      for (const { modRevision: revision } of outcome.type === "read" ? outcome.values : []) {
        if (revision > best.revision) best = { member, revision };
      }
      const left = this.#watchId !== watchId || best.revision <= this.freshness.beatRevision;
      if (unanswered > 0 || left || best.member === followed) return;
      this.#leave(best.member, nowMs);
    };
    const range = { ...beats, limit: 0, revision: 0, serializable: true, keysOnly: true };
    for (const member of others) {
      outbox.read(member, range, probeDeadlineMs, (outcome, nowMs) =>
        heard(member, outcome, nowMs),
      );
    }
  }

  #leave(better: number, nowMs: number): void {
    if (this.#watchId !== undefined) this.#options.outbox.unwatch(this.#watchId);
    this.#watchId = undefined;
    this.#preferred = better;
    const ageMs = Math.round(this.freshness.ageMs(nowMs));
    const reason = `heartbeats are ${ageMs} ms old, another member has newer ones`;
    this.#again("watch-ended", reason, nowMs);
  }
}
