/** One member of the store as its readers see it: behind by a lag, or by more while it is cut off. */
import type { World } from "../world/world.ts";

export class Member {
  readonly lagMs: number;
  readonly #world: World;
  #cutSinceMs = 0;
  #cutUntilMs = 0;

  constructor(world: World, lagMs: number) {
    this.#world = world;
    this.lagMs = lagMs;
  }

  /** From the other members: it goes on answering from what it has. */
  cut(untilMs: number): void {
    if (!this.isCut) this.#cutSinceMs = this.#world.nowMs;
    this.#cutUntilMs = untilMs;
  }

  get isCut(): boolean {
    return this.#world.nowMs < this.#cutUntilMs;
  }

  get goesOnAtMs(): number {
    return this.#cutUntilMs;
  }

  /** The newest revision that it has. */
  get revision(): number {
    const { revisionAtMs } = this.#world;
    const untilMs = (this.isCut ? this.#cutSinceMs : this.#world.nowMs) - this.lagMs / 10;
    let low = 1;
    let high = revisionAtMs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((revisionAtMs[middle] ?? 0) <= untilMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
