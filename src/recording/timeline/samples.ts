/** The readings of one series, in the order in which they were taken. */
import type { SecondRange } from "../../metrics/seconds.ts";
import { type ChunkPool, NumberColumn } from "./number-column.ts";

/** `t` in seconds since the run's start. */
export interface Sample {
  readonly t: number;
  readonly value: number;
}

export class Samples implements Iterable<Sample> {
  readonly #times: NumberColumn;
  readonly #values = new NumberColumn();
  #last = Number.NEGATIVE_INFINITY;
  #isOrdered = true;

  /** @param times Of all series of a recording. */
  constructor(times?: ChunkPool) {
    this.#times = new NumberColumn(times);
  }

  get length(): number {
    return this.#values.length;
  }

  add(t: number, value: number): void {
    this.#times.push(t);
    this.#values.push(value);
    if (t < this.#last) this.#isOrdered = false;
    this.#last = t;
  }

  [Symbol.iterator](): Generator<Sample> {
    return this.#from(0);
  }

  /** From the last reading at `t` or before it on; all of them where there is none. */
  since(t: number): Iterable<Sample> {
    return this.#from(Math.max(0, this.#firstWhere((time) => time > t) - 1));
  }

  /** From its start on, up to its end and without it. */
  within({ startS, endS }: SecondRange): Sample[] {
    const found: Sample[] = [];
    for (const sample of this.#from(this.#firstWhere((time) => time >= startS))) {
      if (sample.t >= endS && this.#isOrdered) break;
      if (sample.t >= startS && sample.t < endS) found.push(sample);
    }
    return found;
  }

  /** By bisection; the first one of all where readings are out of order. */
  #firstWhere(holds: (t: number) => boolean): number {
    if (!this.#isOrdered) return 0;
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#times.at(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  *#from(start: number): Generator<Sample> {
    for (let index = start; index < this.length; index += 1) {
      yield { t: this.#times.at(index), value: this.#values.at(index) };
    }
  }
}
