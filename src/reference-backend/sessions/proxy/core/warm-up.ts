/**
 * After a load, reads what is worth keeping in the background, page by page, each at the revision
 * applied last, until all is read or there is no room: a restart is ready at once and whole soon.
 */

import type { SessionIndex } from "../designs/session-index.ts";
import type { ProxyOutbox, ReadOutcome } from "./proxy-outbox.ts";
import type { StoreFollowing } from "./store-following.ts";

/** Small enough that a page's work delays no read by more than a few milliseconds. */
const pageKeys = 400;
const pageDeadlineMs = 2000;
const retryMs = 100;

export class WarmUpRun {
  readonly #outbox: ProxyOutbox;
  readonly #following: StoreFollowing;
  #index: SessionIndex | undefined;
  #call: number | undefined;
  #nextKey = "";
  #atMs = 0;
  /** All is read, or there is no room. */
  done = false;

  constructor(outbox: ProxyOutbox, following: StoreFollowing) {
    this.#outbox = outbox;
    this.#following = following;
  }

  tick(nowMs: number): void {
    const { index } = this.#following;
    if (index !== this.#index) this.#begin(index);
    if (this.done || this.#call !== undefined || nowMs < this.#atMs) return;
    if (index !== undefined && this.#following.following) this.#readPage(index);
  }

  #begin(index: SessionIndex | undefined): void {
    if (this.#call !== undefined) this.#outbox.cancel(this.#call);
    this.#call = undefined;
    this.#index = index;
    this.#nextKey = index?.warmUp?.start ?? "";
    this.done = index !== undefined && index.warmUp === undefined;
  }

  #readPage(index: SessionIndex): void {
    const { warmUp } = index;
    if (warmUp === undefined) return;
    warmUp.beginPage();
    const { revision, member } = this.#following;
    const keys = { start: this.#nextKey, end: warmUp.end, limit: pageKeys };
    const range = { ...keys, revision, serializable: true, keysOnly: false };
    this.#call = this.#outbox.read(member, range, pageDeadlineMs, (outcome, nowMs) => {
      this.#call = undefined;
      this.#pageRead(index, outcome, nowMs);
    });
  }

  /** @throws InconsistentStore */
  #pageRead(index: SessionIndex, outcome: ReadOutcome, nowMs: number): void {
    if (outcome.type === "failed") {
      index.warmUp?.giveUpPage();
      this.#atMs = nowMs + retryMs;
      return;
    }
    const next = index.warmUp?.endPage(outcome.values, outcome.more);
    this.done = next === undefined || !outcome.more;
    if (next !== undefined) this.#nextKey = next;
    if (this.done) {
      const { states, cacheBytes } = index.figures;
      this.#outbox.log("info", "warm", { states, cacheBytes, full: next === undefined });
    } else if (this.#following.following) this.#readPage(index);
  }
}
