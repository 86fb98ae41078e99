/**
 * Reads of sessions: answered at once from memory, or waiting up to a second (rule 23) for a revision,
 * for heartbeats, or for the store, where a state is not in memory. All reads that miss the same session
 * wait for one answer of the store; an attempt that fails is repeated on the next member.
 */
import type { ProxyOutbox, ReadOutcome } from "../core/proxy-outbox.ts";
import type { StoreFollowing } from "../core/store-following.ts";
import type { SessionSnapshot } from "../designs/session-index.ts";

const readWaitMs = 1000;
const waitingMax = 20_000;
/** Asked of the store at once; further ones are asked as these are answered. */
const missesMax = 256;
/** A member that is silent is not asked for longer. */
const missAttemptMs = 200;
const missPauseMs = 20;

export type ReadAnswer =
  | { readonly type: "state"; readonly snapshot: SessionSnapshot }
  | { readonly type: "refused"; readonly why: RefusedWhy; readonly reason: string };

/** No such session; the revision was not reached in time; starting, stale, or too much waits. */
export type RefusedWhy = "not-found" | "late" | "unavailable";

export interface WaitingRead {
  readonly session: string;
  readonly minRevision: number;
  readonly untilMs: number;
  readonly answer: (answer: ReadAnswer) => void;
}

interface Miss {
  attempt: number;
  call: number | undefined;
  retryAtMs: number;
  failure: string | undefined;
}

export class SessionReads {
  readonly #outbox: ProxyOutbox;
  readonly #members: number;
  readonly #following: StoreFollowing;
  /** In the order of their ends: all wait equally long. */
  readonly #waiting = new Set<WaitingRead>();
  readonly #bySession = new Map<string, Set<WaitingRead>>();
  readonly #misses = new Map<string, Miss>();
  /** Sessions to be asked for when others are answered; each has a read that waits. */
  readonly #queued = new Set<string>();
  /** States that were asked of the store. */
  missesTotal = 0;

  constructor(outbox: ProxyOutbox, members: number, following: StoreFollowing) {
    this.#outbox = outbox;
    this.#members = members;
    this.#following = following;
  }

  /** Undefined: answered already. What waits may be given up with `forget`. */
  read(
    session: string,
    minRevision: number,
    nowMs: number,
    answer: (answer: ReadAnswer) => void,
  ): WaitingRead | undefined {
    const now = this.#tryNow(session, minRevision, nowMs);
    if (typeof now === "object") {
      answer(now);
      return undefined;
    }
    if (this.#waiting.size >= waitingMax) {
      answer(refused("unavailable", `${waitingMax} reads are waiting`));
      return undefined;
    }
    const read = { session, minRevision, untilMs: nowMs + readWaitMs, answer };
    this.#waiting.add(read);
    const others = this.#bySession.get(session);
    if (others === undefined) this.#bySession.set(session, new Set([read]));
    else others.add(read);
    if (now === "store") this.#miss(session, nowMs);
    return read;
  }

  forget(read: WaitingRead): void {
    if (!this.#waiting.delete(read)) return;
    const others = this.#bySession.get(read.session);
    others?.delete(read);
    if (others?.size === 0) this.#bySession.delete(read.session);
  }

  /** Answers the waiting reads that need wait no longer. */
  changed(sessions: Iterable<string> | "all", nowMs: number): void {
    if (this.#waiting.size === 0) return;
    for (const session of sessions === "all" ? [...this.#bySession.keys()] : sessions) {
      const reads = this.#bySession.get(session);
      if (reads !== undefined) this.#tryAgain(session, reads, nowMs);
    }
  }

  /** What was asked for the last index is of no use. */
  indexLost(): void {
    for (const { call } of this.#misses.values()) {
      if (call !== undefined) this.#outbox.cancel(call);
    }
    this.#misses.clear();
    this.#queued.clear();
  }

  tick(nowMs: number): void {
    for (const read of this.#waiting) {
      if (read.untilMs > nowMs) break;
      this.forget(read);
      read.answer(this.#lateness(read, nowMs));
    }
    for (const [session, miss] of this.#misses) {
      if (miss.call !== undefined || nowMs < miss.retryAtMs) continue;
      if (this.#bySession.has(session)) this.#ask(session, miss);
      else this.#misses.delete(session);
    }
    this.#askQueued(nowMs);
  }

  #tryNow(session: string, minRevision: number, nowMs: number): ReadAnswer | "wait" | "store" {
    const { index } = this.#following;
    if (index === undefined || !this.#following.isFresh(nowMs)) return "wait";
    const revision = index.revision(session);
    if (revision === undefined) return minRevision > 0 ? "wait" : notFound;
    if (revision === "store") return "store";
    if (revision < minRevision) return "wait";
    const snapshot = index.read(session);
    return snapshot === undefined ? "store" : { type: "state", snapshot };
  }

  #tryAgain(session: string, reads: Iterable<WaitingRead>, nowMs: number): void {
    for (const read of [...reads]) {
      const now = this.#tryNow(session, read.minRevision, nowMs);
      if (now === "store") this.#miss(session, nowMs);
      if (typeof now !== "object") continue;
      this.forget(read);
      read.answer(now);
    }
  }

  #miss(session: string, nowMs: number): void {
    if (this.#misses.has(session)) return;
    if (this.#misses.size >= missesMax) {
      this.#queued.add(session);
      return;
    }
    this.missesTotal += 1;
    const miss = { attempt: 0, call: undefined, retryAtMs: nowMs, failure: undefined };
    this.#misses.set(session, miss);
    this.#ask(session, miss);
  }

  #askQueued(nowMs: number): void {
    for (const session of this.#queued) {
      if (this.#misses.size >= missesMax) return;
      this.#queued.delete(session);
      this.#tryAgain(session, this.#bySession.get(session) ?? [], nowMs);
    }
  }

  #ask(session: string, miss: Miss): void {
    const { index, member: followed, revision } = this.#following;
    if (index === undefined) return;
    const keys = index.beginMiss(session);
    // One revision is the same on all that have it; the member followed has it for certain.
    const member = (followed + miss.attempt) % this.#members;
    miss.attempt += 1;
    const range = { ...keys, limit: 0, revision, serializable: true, keysOnly: false };
    miss.call = this.#outbox.read(member, range, missAttemptMs, (outcome, nowMs) => {
      miss.call = undefined;
      this.#answered(session, miss, outcome, nowMs);
    });
  }

  #answered(session: string, miss: Miss, outcome: ReadOutcome, nowMs: number): void {
    const { index } = this.#following;
    if (index === undefined) return;
    if (outcome.type === "failed") {
      index.giveUpMiss(session);
      miss.failure = outcome.reason;
      miss.retryAtMs = nowMs + missPauseMs;
      return;
    }
    this.#misses.delete(session);
    const snapshot = index.endMiss(session, outcome.values);
    if (this.#queued.size > 0) this.#askQueued(nowMs);
    if (!this.#following.isFresh(nowMs)) return;
    for (const read of [...(this.#bySession.get(session) ?? [])]) {
      if (snapshot === undefined ? read.minRevision > 0 : snapshot.revision < read.minRevision) {
        continue;
      }
      this.forget(read);
      read.answer(snapshot === undefined ? notFound : { type: "state", snapshot });
    }
  }

  #lateness({ session, minRevision }: WaitingRead, nowMs: number): ReadAnswer {
    const { index } = this.#following;
    if (index === undefined) return refused("unavailable", "starting");
    if (!this.#following.isFresh(nowMs)) return refused("unavailable", "stale");
    const revision = index.revision(session) ?? 0;
    if (revision === "store") {
      const why = this.#misses.get(session)?.failure ?? "no answer yet";
      return refused("unavailable", `not read from the store in ${readWaitMs} ms: ${why}`);
    }
    return refused(
      "late",
      `revision ${minRevision} was not reached within ${readWaitMs} ms; it is ${revision}`,
    );
  }
}

const notFound: ReadAnswer = refused("not-found", "no such session");

function refused(why: RefusedWhy, reason: string): ReadAnswer {
  return { type: "refused", why, reason };
}
