/**
 * A watch of the store: every change of its keys from a revision on, in order, as late as its member
 * lags. It may stall, be cut and go on where it was, and end because its place is compacted.
 */

import type { World } from "../world/world.ts";
import type { Member } from "./member.ts";
import type { Change } from "./model-etcd.ts";

export interface StoreWatchOptions {
  readonly world: World;
  /** From `start` up to, not including, `end`. */
  readonly start: string;
  readonly end: string;
  readonly lagMs: number;
  /** The changes of one revision. */
  readonly changed: (changes: readonly Change[]) => void;
  readonly compacted: () => void;
}

export class StoreWatch {
  stalledUntilMs = 0;
  /** Whose watch it is, where that matters: it says nothing while its member is cut off. */
  member: Member | undefined;
  readonly #options: StoreWatchOptions;
  #place = 0;
  #ended = false;
  #scheduled = false;

  /** Delivers what came after `revision`. */
  constructor(options: StoreWatchOptions, revision: number) {
    this.#options = options;
    this.#seek(revision);
    options.world.watches.add(this);
    this.#scheduleDelivery();
  }

  end(): void {
    this.#ended = true;
    this.#options.world.watches.delete(this);
  }

  /** The store committed these. */
  committed(changes: readonly Change[]): void {
    if (!this.#scheduled && changes.some((change) => this.#wants(change))) this.#scheduleDelivery();
  }

  /** Passes over everything up to now, as a broken follower would. */
  skip(): void {
    this.#place = this.#options.world.etcd.changes.length;
  }

  #scheduleDelivery(): void {
    const { world, lagMs } = this.#options;
    this.#scheduled = true;
    const atMs = Math.max(world.nowMs, this.#silentUntilMs) + world.random.between(0.2, 1) * lagMs;
    world.schedule.at(atMs, () => this.#deliver());
  }

  #deliver(): void {
    const { world } = this.#options;
    if (this.#ended) return;
    if (world.nowMs < this.#silentUntilMs) {
      this.#scheduleDelivery();
      return;
    }
    this.#scheduled = false;
    const { changes, compactedTo } = world.etcd;
    while (!this.#ended && this.#place < changes.length) {
      const first = changes[this.#place];
      if (first === undefined) return;
      if (first.modRevision < compactedTo) {
        this.#options.compacted();
        return;
      }
      const revision: Change[] = [];
      for (; changes[this.#place]?.modRevision === first.modRevision; this.#place += 1) {
        const change = changes[this.#place];
        if (change !== undefined && this.#wants(change)) revision.push(change);
      }
      if (revision.length > 0) this.#options.changed(revision);
    }
  }

  get #silentUntilMs(): number {
    return Math.max(this.stalledUntilMs, this.member?.goesOnAtMs ?? 0);
  }

  #wants({ key }: Change): boolean {
    return key >= this.#options.start && key < this.#options.end;
  }

  #seek(revision: number): void {
    const { changes } = this.#options.world.etcd;
    let low = 0;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((changes[middle]?.modRevision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    this.#place = low;
  }
}
