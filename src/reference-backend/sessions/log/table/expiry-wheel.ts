/**
 * Names that come due after a time to live, without a look at all of them: a name is filed under the
 * tick in which it comes due, and only the due ones are taken. Whoever is alive is not moved when it
 * shows life; it is found alive when it comes due, and filed again. So life costs one number, and a
 * name is looked at once per time to live.
 *
 * A tick is 1/64 of the time to live, which bounds both the buckets and how late a name comes due.
 */

const ticksPerTtl = 64;

export class ExpiryWheel {
  readonly #tickMs: number;
  readonly #buckets = new Map<number, string[]>();
  /** The smallest tick of `buckets`. */
  #earliest = Number.POSITIVE_INFINITY;

  constructor(ttlMs: number) {
    this.#tickMs = ttlMs / ticksPerTtl;
  }

  tickAt(nowMs: number): number {
    return Math.floor(nowMs / this.#tickMs);
  }

  /** The tick in which what showed life in `aliveTick` comes due: at least the whole time later. */
  dueTick(aliveTick: number): number {
    return aliveTick + ticksPerTtl + 1;
  }

  /** Comes due in `tick`, in the order of ticks; within one, in any order. */
  add(name: string, tick: number): void {
    const bucket = this.#buckets.get(tick);
    if (bucket === undefined) this.#buckets.set(tick, [name]);
    else bucket.push(name);
    if (tick < this.#earliest) this.#earliest = tick;
  }

  /** Takes one name that is due, undefined when none is. */
  takeDue(nowTick: number): string | undefined {
    if (this.#earliest > nowTick) return undefined;
    const bucket = this.#buckets.get(this.#earliest);
    const name = bucket?.pop();
    if (bucket === undefined || bucket.length === 0) {
      this.#buckets.delete(this.#earliest);
      this.#earliest = Math.min(...this.#buckets.keys());
    }
    return name;
  }

  /** Infinity when nothing is filed. */
  nextDueMs(): number {
    return this.#earliest * this.#tickMs;
  }
}
