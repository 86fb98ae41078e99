/** One number per run second, NaN where nothing was recorded. Grows up to the longest run there is. */

/** A day, the longest plan, and an hour for what comes after the load. */
const secondsMax = 90_000;

export class SecondColumn {
  #values = new Float64Array(256).fill(Number.NaN);

  /** Seconds before the load and beyond the bound are left out. */
  set(second: number, value: number): void {
    if (second < 0 || second >= secondsMax) return;
    if (second >= this.#values.length) this.#grow(second);
    this.#values[second] = value;
  }

  add(second: number, value: number): void {
    this.set(second, (this.at(second) ?? 0) + value);
  }

  at(second: number): number | null {
    const value = this.#values[second];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** The newest value at `second` or up to `holdS` before it. */
  latest(second: number, holdS: number): number | null {
    for (let at = second; at >= Math.max(0, second - holdS); at -= 1) {
      const value = this.at(at);
      if (value !== null) return value;
    }
    return null;
  }

  #grow(second: number): void {
    const grown = new Float64Array(Math.min(secondsMax, Math.max(second + 1, second * 2)));
    grown.fill(Number.NaN).set(this.#values);
    this.#values = grown;
  }
}
