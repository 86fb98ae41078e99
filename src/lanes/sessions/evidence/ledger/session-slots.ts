/**
 * What must be kept per (player, device) while a ledger streams by, in columns: 28,000 players are a
 * few hundred KB, and an operation costs one look-up and two additions.
 */

/** Exact in a double: slots stay below 2^21. */
const slotFactor = 2 ** 32;
/** Players below it, with a device below `indexedDevices`, are found by their number. */
const indexedPlayers = 2 ** 20;
const indexedDevices = 16;

/** A column that grows by doubling. What was never set is 0. */
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
  /** Slot + 1 by player, one column per device. */
  readonly #indexed: Column[] = [];
  /** The others, by player * 256 + device. */
  readonly #slots = new Map<number, number>();
  readonly #names: number[] = [];
  readonly #acknowledged = new Column();
  readonly #checksum = new Column();
  /** A player mostly has one operation under way: its sequence (0: none) and digest, by slot. */
  readonly #openSequence = new Column();
  readonly #openDigest = new Column();
  /** How many of these there are. */
  #openFirsts = 0;
  /** Further attempts without an outcome: digest by slot and sequence. */
  readonly #open = new Map<number, number>();
  /** Digests of operations that may or may not have been applied, by slot. Few have any. */
  readonly #unknown = new Map<number, number[]>();

  get size(): number {
    return this.#names.length;
  }

  find(player: number, device: number): number | undefined {
    if (player >= indexedPlayers || device >= indexedDevices) {
      return this.#slots.get(player * 256 + device);
    }
    const found = this.#indexed[device]?.get(player) ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  findOrAdd(player: number, device: number): number {
    const found = this.find(player, device);
    if (found !== undefined) return found;
    const slot = this.#names.length;
    this.#names.push(player * 256 + device);
    if (player >= indexedPlayers || device >= indexedDevices) {
      this.#slots.set(player * 256 + device, slot);
    } else {
      const column = this.#indexed[device] ?? new Column();
      this.#indexed[device] = column;
      column.set(player, slot + 1);
    }
    return slot;
  }

  name(slot: number): SlotName {
    const name = this.#names[slot] ?? 0;
    return { player: Math.floor(name / 256), device: name % 256 };
  }

  /** False when an operation of that name is open already with other content. */
  begin(slot: number, sequence: number, digest: number): boolean {
    const first = this.#openSequence.get(slot);
    if (first === sequence) return this.#openDigest.get(slot) === digest;
    const key = slot * slotFactor + sequence;
    const other = this.#open.get(key);
    if (other !== undefined) return other === digest;
    if (first === 0) {
      this.#openSequence.set(slot, sequence);
      this.#openDigest.set(slot, digest);
      this.#openFirsts += 1;
    } else this.#open.set(key, digest);
    return true;
  }

  /** False when no such operation is open, or one with other content. */
  end(slot: number, sequence: number, digest: number): boolean {
    if (this.#openSequence.get(slot) === sequence) {
      this.#openSequence.set(slot, 0);
      this.#openFirsts -= 1;
      return this.#openDigest.get(slot) === digest;
    }
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
    for (let slot = 0; this.#openFirsts > 0; slot += 1) {
      if (this.#openSequence.get(slot) === 0) continue;
      this.addUnknown(slot, this.#openDigest.get(slot));
      this.#openSequence.set(slot, 0);
      this.#openFirsts -= 1;
    }
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
