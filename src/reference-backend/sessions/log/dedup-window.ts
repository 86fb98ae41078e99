/**
 * Deduplication windows (rule 13): per (session, device) the highest applied sequence, which of the
 * 64 newest sequences were applied, and their digests. They live in large typed arrays, 68 numbers
 * a window, because there is one for each of 28,000 and more players and objects would cost the
 * garbage collector more than the arrays cost memory (272 bytes each).
 */

import type { BaseWindow } from "./base.ts";

export const WINDOW_SEQUENCES = 64;

const DEVICE_AT = 0;
const HIGHEST_AT = 1;
const APPLIED_LOW_AT = 2;
const APPLIED_HIGH_AT = 3;
const DIGESTS_AT = 4;
const STRIDE = DIGESTS_AT + WINDOW_SEQUENCES;
const SLOTS_PER_CHUNK = 1024;

/** `new`: not applied yet, may be. `below`: too old to tell. `conflict`: applied, with another payload. */
export type WindowVerdict = "new" | "applied" | "below" | "conflict";

/** A number that names one window of this table. */
export type WindowSlot = number;

export class DedupWindows {
  private readonly chunks: Uint32Array[] = [];
  private readonly free: WindowSlot[] = [];
  private slots = 0;

  add(device: number): WindowSlot {
    const slot = this.free.pop() ?? this.grow();
    this.set(slot, DEVICE_AT, device);
    return slot;
  }

  addFrom({ device, highest, appliedLow, appliedHigh, digests }: BaseWindow): WindowSlot {
    const slot = this.add(device);
    this.set(slot, HIGHEST_AT, highest);
    this.set(slot, APPLIED_LOW_AT, appliedLow);
    this.set(slot, APPLIED_HIGH_AT, appliedHigh);
    let next = 0;
    for (let age = 0; age < WINDOW_SEQUENCES; age++) {
      const bits = age < 32 ? appliedLow : appliedHigh;
      if (((bits >>> (age % 32)) & 1) === 0) continue;
      this.set(slot, DIGESTS_AT + ((highest - age) % WINDOW_SEQUENCES), digests[next] ?? 0);
      next += 1;
    }
    return slot;
  }

  toBase(slot: WindowSlot): BaseWindow {
    const highest = this.get(slot, HIGHEST_AT);
    const appliedLow = this.get(slot, APPLIED_LOW_AT);
    const appliedHigh = this.get(slot, APPLIED_HIGH_AT);
    const digests: number[] = [];
    for (let age = 0; age < WINDOW_SEQUENCES; age++) {
      const bits = age < 32 ? appliedLow : appliedHigh;
      if (((bits >>> (age % 32)) & 1) === 0) continue;
      digests.push(this.get(slot, DIGESTS_AT + ((highest - age) % WINDOW_SEQUENCES)));
    }
    return { device: this.device(slot), highest, appliedLow, appliedHigh, digests };
  }

  /** The slot may name another window from now on. */
  remove(slot: WindowSlot): void {
    const start = (slot % SLOTS_PER_CHUNK) * STRIDE;
    this.chunk(slot).fill(0, start, start + STRIDE);
    this.free.push(slot);
  }

  device(slot: WindowSlot): number {
    return this.get(slot, DEVICE_AT);
  }

  highest(slot: WindowSlot): number {
    return this.get(slot, HIGHEST_AT);
  }

  check(slot: WindowSlot, sequence: number, digest: number): WindowVerdict {
    const highest = this.get(slot, HIGHEST_AT);
    if (sequence > highest) return "new";
    const age = highest - sequence;
    if (age >= WINDOW_SEQUENCES) return "below";
    const bits = this.get(slot, age < 32 ? APPLIED_LOW_AT : APPLIED_HIGH_AT);
    if (((bits >>> (age % 32)) & 1) === 0) return "new";
    return this.get(slot, DIGESTS_AT + (sequence % WINDOW_SEQUENCES)) === digest
      ? "applied"
      : "conflict";
  }

  /** Marks `sequence` as applied. One below the window leaves no trace. */
  apply(slot: WindowSlot, sequence: number, digest: number): void {
    const highest = this.get(slot, HIGHEST_AT);
    if (sequence > highest) {
      this.shift(slot, sequence - highest);
      this.set(slot, HIGHEST_AT, sequence);
    }
    const age = Math.max(highest, sequence) - sequence;
    if (age >= WINDOW_SEQUENCES) return;
    const field = age < 32 ? APPLIED_LOW_AT : APPLIED_HIGH_AT;
    this.set(slot, field, this.get(slot, field) | (1 << (age % 32)));
    this.set(slot, DIGESTS_AT + (sequence % WINDOW_SEQUENCES), digest);
  }

  /** Makes every applied sequence `by` older. */
  private shift(slot: WindowSlot, by: number): void {
    const low = this.get(slot, APPLIED_LOW_AT);
    const high = this.get(slot, APPLIED_HIGH_AT);
    if (by >= 64) {
      this.set(slot, APPLIED_LOW_AT, 0);
      this.set(slot, APPLIED_HIGH_AT, 0);
    } else if (by >= 32) {
      this.set(slot, APPLIED_LOW_AT, 0);
      this.set(slot, APPLIED_HIGH_AT, low << (by - 32));
    } else {
      this.set(slot, APPLIED_LOW_AT, low << by);
      this.set(slot, APPLIED_HIGH_AT, (high << by) | (low >>> (32 - by)));
    }
  }

  private grow(): WindowSlot {
    const slot = this.slots;
    this.slots += 1;
    if (slot % SLOTS_PER_CHUNK === 0) {
      this.chunks.push(new Uint32Array(SLOTS_PER_CHUNK * STRIDE));
    }
    return slot;
  }

  private get(slot: WindowSlot, field: number): number {
    return this.chunk(slot)[(slot % SLOTS_PER_CHUNK) * STRIDE + field] ?? 0;
  }

  private set(slot: WindowSlot, field: number, value: number): void {
    this.chunk(slot)[(slot % SLOTS_PER_CHUNK) * STRIDE + field] = value;
  }

  private chunk(slot: WindowSlot): Uint32Array {
    const chunk = this.chunks[Math.floor(slot / SLOTS_PER_CHUNK)];
    if (chunk === undefined) throw new RangeError(`no dedup window ${slot}`);
    return chunk;
  }
}
