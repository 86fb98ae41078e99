/**
 * How old what the proxy knows is, by its own clock: the age of the newest heartbeat of any gateway
 * (rule 22). Heartbeats that lay waiting while the proxy itself stood still look new and are not, so
 * after a pause nothing is fresh until a linearizable read's revision is reached.
 */
const staleMs = 1000;
/** It looks at the clock many times a second; after a longer gap it stood still. */
const pauseMs = 500;

export class Freshness {
  #seenMs = Number.NEGATIVE_INFINITY;
  #lookedMs = Number.POSITIVE_INFINITY;
  #revision = 0;
  /** What must be reached first; infinity: not known yet. */
  #owed = 0;

  /** Of the newest heartbeat. */
  get beatRevision(): number {
    return this.#revision;
  }

  /** To be called with every event, before anything else. */
  look(nowMs: number): void {
    if (nowMs - this.#lookedMs > pauseMs) this.#owed = Number.POSITIVE_INFINITY;
    this.#lookedMs = nowMs;
  }

  /** The store must be asked for its revision, see `prove`. */
  get unproven(): boolean {
    return this.#owed === Number.POSITIVE_INFINITY;
  }

  /** `revision`: of a linearizable read that was begun after `unproven` showed. */
  prove(revision: number): void {
    if (this.unproven) this.#owed = revision;
  }

  beat(revision: number, nowMs: number): void {
    this.#revision = Math.max(this.#revision, revision);
    this.#seenMs = Math.max(this.#seenMs, nowMs);
  }

  ageMs(nowMs: number): number {
    return nowMs - this.#seenMs;
  }

  /** `reached`: everything up to this revision is applied. */
  isFresh(reached: number, nowMs: number): boolean {
    return reached >= this.#owed && this.ageMs(nowMs) <= staleMs;
  }
}
