/**
 * A column of numbers that only grows, in chunks, each as small as its numbers allow: a chunk of one number is one
 * number, whole ones and thousandths take one, two or four bytes by how far apart they are and in which steps, all
 * others eight. What is put in comes out, bit for bit but for the sign of 0. A run of 24 h has some 18 million
 * samples: as objects they are gigabytes.
 */

const chunkBits = 10;
const chunkLength = 2 ** chunkBits;
const scales = [1, 1000] as const;

/** A number is (base + step * what stands there) / scale. */
interface Packed {
  readonly numbers: Uint8Array | Uint16Array | Uint32Array | Float64Array;
  readonly base: number;
  readonly step: number;
  readonly scale: number;
}

const asTheyAre = { base: 0, step: 1, scale: 1 };

/** Chunks that were packed lately: series that are read together share their times. */
export class ChunkPool {
  readonly #recent: Packed[] = [];
  readonly #kept: number;

  constructor(kept = 32) {
    this.#kept = kept;
  }

  /** An equal one that is there already, else this one. */
  shared(chunk: Packed): Packed {
    const found = this.#recent.find((other) => isSame(other, chunk));
    if (found !== undefined) return found;
    this.#recent.push(chunk);
    if (this.#recent.length > this.#kept) this.#recent.shift();
    return chunk;
  }
}

export class NumberColumn {
  readonly #pool: ChunkPool | undefined;
  readonly #sealed: Packed[] = [];
  #open: Float64Array | undefined;
  #length = 0;

  /** @param pool Of columns that often hold the same numbers. */
  constructor(pool?: ChunkPool) {
    this.#pool = pool;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.#open ??= new Float64Array(chunkLength);
    this.#open[this.#length % chunkLength] = value;
    this.#length += 1;
    if (this.#length % chunkLength !== 0) return;
    const packed = pack(this.#open);
    this.#sealed.push(this.#pool?.shared(packed) ?? packed);
  }

  /** NaN behind the end. */
  at(index: number): number {
    if (index >= this.#length) return Number.NaN;
    const chunk = this.#sealed[index >>> chunkBits];
    if (chunk === undefined) return this.#open?.[index % chunkLength] ?? Number.NaN;
    const { numbers, base, step, scale } = chunk;
    const number = numbers[numbers.length === 1 ? 0 : index % chunkLength] ?? Number.NaN;
    return (base + step * number) / scale;
  }
}

function pack(values: Float64Array): Packed {
  const first = values[0] ?? Number.NaN;
  if (values.every((value) => value === first)) {
    return { numbers: Float64Array.of(first), ...asTheyAre };
  }
  const scale = scales.find((each) => values.every((value) => fits(value, each)));
  const packed = scale === undefined ? undefined : packWhole(values, scale);
  return packed ?? { numbers: values.slice(), ...asTheyAre };
}

/** Undefined: they are too far apart. */
function packWhole(values: Float64Array, scale: number): Packed | undefined {
  const whole = values.map((value) => Math.round(value * scale));
  const base = whole.reduce((least, value) => Math.min(least, value));
  const step = whole.reduce((divisor, value) => divisorOf(divisor, value - base), 0);
  const most = whole.reduce((largest, value) => Math.max(largest, (value - base) / step), 0);
  if (most >= 2 ** 32) return undefined;
  const Numbers = most < 2 ** 8 ? Uint8Array : most < 2 ** 16 ? Uint16Array : Uint32Array;
  const numbers = new Numbers(whole.map((value) => (value - base) / step));
  return { numbers, base, step, scale };
}

/** The greatest of both; 0 has every divisor. */
function divisorOf(left: number, right: number): number {
  let [divisor, rest] = [left, right];
  while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

function fits(value: number, scale: number): boolean {
  const scaled = Math.round(value * scale);
  return scaled / scale === value && Math.abs(scaled) < 2 ** 52;
}

function isSame(left: Packed, right: Packed): boolean {
  const { numbers, base, step, scale } = right;
  return (
    left.scale === scale &&
    left.base === base &&
    left.step === step &&
    left.numbers.length === numbers.length &&
    left.numbers.every((value, index) => value === numbers[index])
  );
}
