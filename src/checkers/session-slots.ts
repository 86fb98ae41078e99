/**
 * What must be kept per (player, device) while a ledger streams by, in columns: 28,000 players are a
 * few hundred KB, and an operation costs one look-up and two additions.
 */

/** Exact in a double: slots stay below 2^21. */
const slotFactor = 2 ** 32;

/** A column that grows by doubling. */
class Column {
  #values = new Uint32Array(1024);

  get(slot: number): number {
    return this.#values[slot] ?? 0;
  }

  set(slot: number, value: number): void {
    while (slot >= this.#values.length) {
      const larger = new Uint32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[slot] = value;
  }
}

export interface SlotName {
  readonly player: number;
  readonly device: number;
}

export class SessionSlots {
  /** By player * 256 + device. */
  readonly #slots = new Map<number, number>();
  readonly #names: number[] = [];
  readonly #acknowledged = new Column();
  readonly #checksum = new Column();
  /** Digest of each attempt without an outcome, by slot and sequence. */
  readonly #open = new Map<number, number>();
  /** Digests of operations that may or may not have been applied, by slot. Few have any. */
  readonly #unknown = new Map<number, number[]>();

  get size(): number {
    return this.#names.length;
  }

  find(player: number, device: number): number | undefined {
    return this.#slots.get(player * 256 + device);
  }

  findOrAdd(player: number, device: number): number {
    const name = player * 256 + device;
    const found = this.#slots.get(name);
    if (found !== undefined) return found;
    const slot = this.#names.length;
    this.#slots.set(name, slot);
    this.#names.push(name);
    return slot;
  }

  name(slot: number): SlotName {
    const name = this.#names[slot] ?? 0;
    return { player: Math.floor(name / 256), device: name % 256 };
  }

  /** False when an operation of that name is open already with other content. */
  begin(slot: number, sequence: number, digest: number): boolean {
    const key = slot * slotFactor + sequence;
    const open = this.#open.get(key);
    this.#open.set(key, digest);
    return open === undefined || open === digest;
  }

  /** False when no such operation is open, or one with other content. */
  end(slot: number, sequence: number, digest: number): boolean {
    const key = slot * slotFactor + sequence;
    const open = this.#open.get(key);
    return this.#open.delete(key) && open === digest;
  }

  acknowledge(slot: number, digest: number): void {
    this.#acknowledged.set(slot, this.#acknowledged.get(slot) + 1);
    this.#checksum.set(slot, (this.#checksum.get(slot) + digest) >>> 0);
  }

  addUnknown(slot: number, digest: number): void {
    const digests = this.#unknown.get(slot);
    if (digests === undefined) this.#unknown.set(slot, [digest]);
    else digests.push(digest);
  }

  /** An attempt whose outcome was never written may have been applied. */
  closeOpen(): void {
    for (const [key, digest] of this.#open) this.addUnknown(Math.floor(key / slotFactor), digest);
    this.#open.clear();
  }

  acknowledged(slot: number): number {
    return this.#acknowledged.get(slot);
  }

  /** Wrapping sum of the digests of acknowledged operations. */
  checksum(slot: number): number {
    return this.#checksum.get(slot);
  }

  unknown(slot: number): readonly number[] {
    return this.#unknown.get(slot) ?? [];
  }
}
