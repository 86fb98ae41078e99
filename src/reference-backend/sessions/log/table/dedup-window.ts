/**
 * Deduplication windows (rule 13): per (session, device) the highest applied sequence, which of the
 * 64 newest sequences were applied, and their digests. They live in large typed arrays, 68 numbers
 * a window, because there is one for each of 28,000 and more players and objects would cost the
 * garbage collector more than the arrays cost memory (272 bytes each).
 */

import type { BaseWindow } from "../format/base.ts";

export const windowSequences = 64;

const deviceAt = 0;
const highestAt = 1;
const appliedLowAt = 2;
const appliedHighAt = 3;
const digestsAt = 4;
const stride = digestsAt + windowSequences;
const slotsPerChunk = 1024;

/** `new`: not applied yet, may be. `below`: too old to tell. `conflict`: applied, with another payload. */
export type WindowVerdict = "new" | "applied" | "below" | "conflict";

/** A number that names one window of this table. */
export type WindowSlot = number;

export class DedupWindows {
  readonly #chunks: Uint32Array[] = [];
  readonly #free: WindowSlot[] = [];
  #slots = 0;

  add(device: number): WindowSlot {
    const slot = this.#free.pop() ?? this.#grow();
    this.#set(slot, deviceAt, device);
    return slot;
  }

  addFrom({ device, highest, appliedLow, appliedHigh, digests }: BaseWindow): WindowSlot {
    const slot = this.add(device);
    this.#set(slot, highestAt, highest);
    this.#set(slot, appliedLowAt, appliedLow);
    this.#set(slot, appliedHighAt, appliedHigh);
    let next = 0;
    for (let age = 0; age < windowSequences; age += 1) {
      const bits = age < 32 ? appliedLow : appliedHigh;
      if (((bits >>> (age % 32)) & 1) === 0) continue;
      this.#set(slot, digestsAt + ((highest - age) % windowSequences), digests[next] ?? 0);
      next += 1;
    }
    return slot;
  }

  toBase(slot: WindowSlot): BaseWindow {
    const highest = this.#get(slot, highestAt);
    const appliedLow = this.#get(slot, appliedLowAt);
    const appliedHigh = this.#get(slot, appliedHighAt);
    const digests: number[] = [];
    for (let age = 0; age < windowSequences; age += 1) {
      const bits = age < 32 ? appliedLow : appliedHigh;
      if (((bits >>> (age % 32)) & 1) === 0) continue;
      digests.push(this.#get(slot, digestsAt + ((highest - age) % windowSequences)));
    }
    return { device: this.device(slot), highest, appliedLow, appliedHigh, digests };
  }

  /** The slot may name another window from now on. */
  remove(slot: WindowSlot): void {
    const start = (slot % slotsPerChunk) * stride;
    this.#chunk(slot).fill(0, start, start + stride);
    this.#free.push(slot);
  }

  device(slot: WindowSlot): number {
    return this.#get(slot, deviceAt);
  }

  highest(slot: WindowSlot): number {
    return this.#get(slot, highestAt);
  }

  check(slot: WindowSlot, sequence: number, digest: number): WindowVerdict {
    const highest = this.#get(slot, highestAt);
    if (sequence > highest) return "new";
    const age = highest - sequence;
    if (age >= windowSequences) return "below";
    const bits = this.#get(slot, age < 32 ? appliedLowAt : appliedHighAt);
    if (((bits >>> (age % 32)) & 1) === 0) return "new";
    return this.#get(slot, digestsAt + (sequence % windowSequences)) === digest
      ? "applied"
      : "conflict";
  }

  /** Marks `sequence` as applied. One below the window leaves no trace. */
  apply(slot: WindowSlot, sequence: number, digest: number): void {
    const highest = this.#get(slot, highestAt);
    if (sequence > highest) {
      this.#shift(slot, sequence - highest);
      this.#set(slot, highestAt, sequence);
    }
    const age = Math.max(highest, sequence) - sequence;
    if (age >= windowSequences) return;
    const field = age < 32 ? appliedLowAt : appliedHighAt;
    this.#set(slot, field, this.#get(slot, field) | (1 << (age % 32)));
    this.#set(slot, digestsAt + (sequence % windowSequences), digest);
  }

  /** Makes every applied sequence `by` older. */
  #shift(slot: WindowSlot, by: number): void {
    const low = this.#get(slot, appliedLowAt);
    const high = this.#get(slot, appliedHighAt);
    if (by >= 64) {
      this.#set(slot, appliedLowAt, 0);
      this.#set(slot, appliedHighAt, 0);
    } else if (by >= 32) {
      this.#set(slot, appliedLowAt, 0);
      this.#set(slot, appliedHighAt, low << (by - 32));
    } else {
      this.#set(slot, appliedLowAt, low << by);
      this.#set(slot, appliedHighAt, (high << by) | (low >>> (32 - by)));
    }
  }

  #grow(): WindowSlot {
    const slot = this.#slots;
    this.#slots += 1;
    if (slot % slotsPerChunk === 0) {
      this.#chunks.push(new Uint32Array(slotsPerChunk * stride));
    }
    return slot;
  }

  #get(slot: WindowSlot, field: number): number {
    return this.#chunk(slot)[(slot % slotsPerChunk) * stride + field] ?? 0;
  }

  #set(slot: WindowSlot, field: number, value: number): void {
    this.#chunk(slot)[(slot % slotsPerChunk) * stride + field] = value;
  }

  #chunk(slot: WindowSlot): Uint32Array {
    const chunk = this.#chunks[Math.floor(slot / slotsPerChunk)];
    if (chunk === undefined) throw new RangeError(`no dedup window ${slot}`);
    return chunk;
  }
}
