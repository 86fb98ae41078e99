/** Lets a bounded number in at once; the others wait in order, for a bounded time. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<(got: boolean) => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** False: there was none in time. Who got one must `release` it. */
  async take(withinMs: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    return await new Promise((resolve) => {
      const settle = (got: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(got);
      };
      const timer = setTimeout(() => settle(false), withinMs);
      this.#waiting.add(settle);
    });
  }

  release(): void {
    for (const next of this.#waiting) {
      next(true);
      return;
    }
    this.#free += 1;
  }
}
