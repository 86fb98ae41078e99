/**
 * Decodes a record of the session log (`docs/session-log-format.md`). Written from the format's page and
 * not from the backend's code, which it shares nothing with: a mistake there is to be seen here.
 */

export interface LoggedOperation {
  readonly session: string;
  readonly device: number;
  readonly sequence: number;
  readonly kind: number;
  readonly digest: number;
}

export interface LogRecord {
  readonly epoch: number;
  readonly operations: readonly LoggedOperation[];
}

const version = 1;
const batchIdBytes = 8;
/** How many fields an operation has, by its kind. */
const fieldsOf: readonly (number | undefined)[] = [undefined, 1, 2, 2, 3, 0];

/** @throws Error that says what is wrong with the bytes, and where. */
export function decodeLogRecord(bytes: Uint8Array): LogRecord {
  const reader = new ByteReader(bytes);
  const found = reader.byte();
  if (found !== version) throw new Error(`version ${version} was expected, got ${found}`);
  const epoch = reader.varint();
  reader.skip(batchIdBytes);
  const count = reader.varint();
  const operations: LoggedOperation[] = [];
  for (let at = 0; at < count; at += 1) operations.push(decodeOperation(reader));
  if (reader.left > 0) throw new Error(`${reader.left} bytes follow the last operation`);
  return { epoch, operations };
}

function decodeOperation(reader: ByteReader): LoggedOperation {
  const session = reader.text(reader.varint());
  const device = reader.varint();
  const sequence = reader.varint();
  const kind = reader.byte();
  const count = fieldsOf[kind];
  if (count === undefined) throw new Error(`an operation of ${session} has the kind ${kind}`);
  const fields = [0, 0, 0];
  for (let at = 0; at < count; at += 1) fields[at] = reader.varint();
  return { session, device, sequence, kind, digest: digestOf([device, sequence, kind, ...fields]) };
}

/**
 * FNV-1a of the words as little-endian bytes.
 * http://www.isthe.com/chongo/tech/comp/fnv/
 */
function digestOf(words: readonly number[]): number {
  let hash = 0x811c_9dc5;
  for (const word of words) {
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ ((word >>> shift) & 0xff), 0x0100_0193);
    }
  }
  return hash >>> 0;
}

class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new Error(`it is cut off at byte ${this.#at}`);
    this.#at += 1;
    return value;
  }

  skip(count: number): void {
    if (count > this.left) throw new Error(`it is cut off at byte ${this.#bytes.length}`);
    this.#at += count;
  }

  /** Unsigned LEB128, exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new Error(`a number that ends before byte ${this.#at} is too large`);
  }

  text(length: number): string {
    const from = this.#at;
    this.skip(length);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + from, length).toString("utf8");
  }
}
