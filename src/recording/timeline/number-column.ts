/**
 * A column of numbers that only grows, in chunks, each as small as its numbers allow: a chunk of one number is one
 * number, whole ones and thousandths take four bytes, all others eight. What is put in comes out, bit for bit but
 * for the sign of 0. A run of 24 h has some 18 million samples: as objects they are gigabytes.
 */

const chunkBits = 10;
const chunkLength = 2 ** chunkBits;
const scales = [1, 1000] as const;
const largestInt = 2 ** 31;

interface Packed {
  readonly numbers: Int32Array | Float64Array;
  /** A number is what stands there, divided by it. */
  readonly scale: number;
}

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
    const { numbers, scale } = chunk;
    return (numbers[numbers.length === 1 ? 0 : index % chunkLength] ?? Number.NaN) / scale;
  }
}

function pack(values: Float64Array): Packed {
  const first = values[0] ?? Number.NaN;
  if (values.every((value) => value === first)) {
    return { numbers: Float64Array.of(first), scale: 1 };
  }
  const scale = scales.find((each) => values.every((value) => fits(value, each)));
  if (scale === undefined) return { numbers: values.slice(), scale: 1 };
  return { numbers: Int32Array.from(values, (value) => Math.round(value * scale)), scale };
}

function fits(value: number, scale: number): boolean {
  const scaled = Math.round(value * scale);
  return scaled / scale === value && scaled < largestInt && scaled >= -largestInt;
}

function isSame(left: Packed, right: Packed): boolean {
  const { numbers } = right;
  return (
    left.scale === right.scale &&
    left.numbers.length === numbers.length &&
    left.numbers.every((value, index) => value === numbers[index])
  );
}
