/**
 * Bytes written and read front to back, as records and bases are: LEB128 varints, texts, fixed
 * integers. Reading checks everything, since a value that is not understood must be loud.
 */
import { Buffer } from "node:buffer";

export class ByteWriter {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytesMax: number) {
    this.#buffer = Buffer.allocUnsafe(bytesMax);
  }

  byte(value: number): void {
    this.#buffer[this.#at] = value;
    this.#at += 1;
  }

  /** Unsigned LEB128; exact up to 2^53. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a varint: ${value}`);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#at] = (rest % 0x80) | 0x80;
      this.#at += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at] = rest;
    this.#at += 1;
  }

  /** Fixed size, lowest byte first. */
  uint32(value: number): void {
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
  }

  /** @throws RangeError when `text` is not `length` bytes as hex digits. */
  hex(text: string, length: number): void {
    const written = this.#buffer.write(text, this.#at, length, "hex");
    if (written !== length) throw new RangeError(`${text}, expected ${2 * length} hex digits`);
    this.#at += written;
  }

  text(text: string): void {
    this.varint(Buffer.byteLength(text));
    this.#at += this.#buffer.write(text, this.#at);
  }

  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }
}

export class ByteReader {
  readonly #buffer: Buffer;
  readonly #what: string;
  #at: number;

  /** `what`: what the bytes are, for errors. */
  constructor(bytes: Uint8Array, what: string, offset = 0) {
    this.#what = what;
    this.#at = offset;
    this.#buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw new RangeError(`${this.#what} ends at byte ${this.#at}`);
    this.#at += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new RangeError(`varint above 2^53 before byte ${this.#at}`);
  }

  get offset(): number {
    return this.#at;
  }

  skipVarint(): void {
    while (this.byte() >= 0x80);
  }

  varint32(): number {
    const value = this.varint();
    if (value > 0xffffffff) throw new RangeError(`${value} is not an unsigned 32-bit integer`);
    return value;
  }

  uint32(): number {
    const bytes = this.#take(4);
    return bytes.readUInt32LE(0);
  }

  hex(length: number): string {
    return this.#take(length).toString("hex");
  }

  text(): string {
    const length = this.varint();
    const start = this.skip(length);
    return this.#buffer.toString("utf8", start, start + length);
  }

  end(): void {
    if (this.#at !== this.#buffer.length) {
      throw new RangeError(
        `${this.#what} has ${this.#buffer.length - this.#at} bytes after its end`,
      );
    }
  }

  #take(length: number): Buffer {
    const start = this.skip(length);
    return this.#buffer.subarray(start, start + length);
  }

  /** Returns where it was. */
  skip(length: number): number {
    if (this.#at + length > this.#buffer.length) {
      throw new RangeError(
        `${this.#what} ends at byte ${this.#buffer.length}, ${length} more expected`,
      );
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
