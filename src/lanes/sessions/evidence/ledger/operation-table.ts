/**
 * Every operation of a ledger by its name (player, device, sequence): 32 bytes each in the order in which they
 * were attempted, and an index of 8 bytes each. The log holds operations in about that order, too, so what is
 * looked up one after the other lies side by side, and only the index, a fifth of it all, is met at random:
 * 64 MB of entries that were hashed themselves cost a miss of the cache and of the page tables per look-up.
 */

const wordsEach = 8;
const timesEach = 4;
/** In the word of outcome and sightings: the outcome, then a flag, then how often it was seen. */
const outcomeBits = 0x7f;
const missedBit = 0x80;
const first = 2 ** 14;
/** 512 MB, and 128 MB of index. */
const largest = 2 ** 24;
/** Places in the index per entry that there is room for. */
const indexEach = 2;

export interface OperationName {
  readonly player: number;
  readonly device: number;
  readonly sequence: number;
}

/** Players are below 2^24 and sequences begin with 1; `find` knows no others. */
export class OperationTable {
  #capacity = first;
  #words: Uint32Array<ArrayBuffer>;
  #times: Float64Array;
  /** Place + 1 by hash, open addressing; 0: free. */
  #index: Uint32Array;
  #size = 0;

  /** @param expected how many operations there will be, as far as that is known: growing moves each of them. */
  constructor(expected = 0) {
    while (this.#capacity < largest && this.#capacity < expected) this.#capacity *= 2;
    this.#words = new Uint32Array(this.#capacity * wordsEach);
    this.#times = new Float64Array(this.#words.buffer);
    this.#index = new Uint32Array(this.#capacity * indexEach);
  }

  get size(): number {
    return this.#size;
  }

  /** Forgets all of them, and keeps their room. */
  clear(): void {
    this.#words.fill(0, 0, this.#size * wordsEach);
    this.#index.fill(0);
    this.#size = 0;
  }

  /** Its place, or -1. */
  find({ player, device, sequence }: OperationName): number {
    return (this.#index[this.#probe(nameWord(player, device), sequence)] ?? 0) - 1;
  }

  /** Does nothing for an operation that is there. False when the table is full, or the name is out of its range. */
  add({ player, device, sequence }: OperationName, digest: number, sentUs: number): boolean {
    if (player >= 2 ** 24 || sequence === 0) return false;
    if (this.#size === this.#capacity && !this.#grow()) return false;
    const name = nameWord(player, device);
    const free = this.#probe(name, sequence);
    if (this.#index[free] !== 0) return true;
    const at = this.#size;
    const word = at * wordsEach;
    this.#words[word] = name;
    this.#words[word + 1] = sequence;
    this.#words[word + 2] = digest;
    this.#times[at * timesEach + 2] = sentUs;
    this.#size += 1;
    this.#index[free] = this.#size;
    return true;
  }

  /** Of one that was never set. */
  setOutcome(at: number, outcome: number, atUs: number): void {
    this.#words[at * wordsEach + 3] = (this.#words[at * wordsEach + 3] ?? 0) | outcome;
    this.#times[at * timesEach + 3] = atUs;
  }

  /** Until its outcome is set, a moment can be kept with an operation. */
  setPassed(at: number, us: number): void {
    this.#times[at * timesEach + 3] = us;
  }

  passedUs(at: number): number {
    return this.#times[at * timesEach + 3] ?? 0;
  }

  /** @returns how often it was seen before. */
  see(at: number): number {
    const word = at * wordsEach + 3;
    const before = (this.#words[word] ?? 0) >>> 8;
    this.#words[word] = (this.#words[word] ?? 0) + 0x100;
    return before;
  }

  digest(at: number): number {
    return this.#words[at * wordsEach + 2] ?? 0;
  }

  /** 0: none is known. */
  outcome(at: number): number {
    return (this.#words[at * wordsEach + 3] ?? 0) & outcomeBits;
  }

  /** It was not seen where it had to be; it may be seen later. False when that was said before. */
  miss(at: number): boolean {
    const word = at * wordsEach + 3;
    const before = this.#words[word] ?? 0;
    this.#words[word] = before | missedBit;
    return (before & missedBit) === 0;
  }

  isMissed(at: number): boolean {
    return ((this.#words[at * wordsEach + 3] ?? 0) & missedBit) !== 0;
  }

  seen(at: number): number {
    return (this.#words[at * wordsEach + 3] ?? 0) >>> 8;
  }

  sentUs(at: number): number {
    return this.#times[at * timesEach + 2] ?? 0;
  }

  /** When its outcome was known. */
  answeredUs(at: number): number {
    return this.#times[at * timesEach + 3] ?? 0;
  }

  name(at: number): OperationName {
    const name = this.#words[at * wordsEach] ?? 0;
    return {
      player: name >>> 8,
      device: name & 0xff,
      sequence: this.#words[at * wordsEach + 1] ?? 0,
    };
  }

  /** The places of all operations, in the order of their attempts. */
  *places(): Generator<number> {
    for (let at = 0; at < this.#size; at += 1) yield at;
  }

  /** One that was seen and was sent just then. Looks at all of them: for stories. */
  seenAndSentAt(us: number): number {
    for (const at of this.places()) {
      if (this.seen(at) > 0 && this.sentUs(at) === us) return at;
    }
    return -1;
  }

  /** Where the index has the operation, or where it would go. */
  #probe(name: number, sequence: number): number {
    const mask = this.#index.length - 1;
    let hash = Math.imul(name ^ Math.imul(sequence, 0x9e37_79b1), 0x85eb_ca6b);
    hash ^= hash >>> 15;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = this.#index[at] ?? 0;
      if (place === 0) return at;
      const word = (place - 1) * wordsEach;
      if (this.#words[word + 1] === sequence && this.#words[word] === name) return at;
    }
  }

  #grow(): boolean {
    if (this.#capacity >= largest) return false;
    const old = this.#words;
    this.#capacity *= 2;
    this.#words = new Uint32Array(this.#capacity * wordsEach);
    this.#words.set(old);
    this.#times = new Float64Array(this.#words.buffer);
    this.#index = new Uint32Array(this.#capacity * indexEach);
    for (let at = 0; at < this.#size; at += 1) {
      const word = at * wordsEach;
      this.#index[this.#probe(this.#words[word] ?? 0, this.#words[word + 1] ?? 0)] = at + 1;
    }
    return true;
  }
}

function nameWord(player: number, device: number): number {
  return ((player << 8) | (device & 0xff)) >>> 0;
}
