/**
 * Simulated time: a heap of things to do, run in the order of their times; of equal times, in the
 * order in which they were scheduled. What was run is folded into `hash`, so two runs of a seed can
 * be told to be the same.
 */

/** Whoever holds one may set `cancelled`. */
export interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

export class Schedule {
  nowMs = 0;
  hash = 0x811c9dc5;
  /** Things run so far. */
  steps = 0;
  readonly #heap: Scheduled[] = [];
  #lastOrder = 0;

  after(delayMs: number, run: () => void): Scheduled {
    return this.at(this.nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): Scheduled {
    this.#lastOrder += 1;
    const order = this.#lastOrder;
    const scheduled = { atMs: Math.max(atMs, this.nowMs), order, run, cancelled: false };
    this.#push(scheduled);
    return scheduled;
  }

  runUntil(untilMs: number): void {
    for (let next = this.#heap[0]; next !== undefined; next = this.#heap[0]) {
      if (next.atMs > untilMs) break;
      this.#pop();
      if (next.cancelled) continue;
      this.nowMs = next.atMs;
      this.steps += 1;
      this.mix(next.order);
      this.mix(Math.round(next.atMs * 1000));
      next.run();
    }
    this.nowMs = untilMs;
  }

  /** Folds a fact of the run into its hash. */
  mix(fact: number): void {
    this.hash = Math.imul(this.hash ^ fact, 0x01000193) >>> 0;
  }

  #push(scheduled: Scheduled): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(scheduled);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !isBefore(scheduled, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = scheduled;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childAt += 1;
      }
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
