/** Keys as bytes. */
import { Buffer } from "node:buffer";

export function keyBytes(key: string): Uint8Array {
  return Buffer.from(key);
}

/** Every key that starts with `prefix`, as a request's `key` and `rangeEnd`. */
export function prefixRange(prefix: string): { key: Uint8Array; rangeEnd: Uint8Array } {
  const key = Buffer.from(prefix);
  const rangeEnd = Buffer.from(prefix);
  const last = rangeEnd.length - 1;
  // Our prefixes end in "/", so the last byte is never 0xff.
  rangeEnd.writeUInt8(rangeEnd.readUInt8(last) + 1, last);
  return { key, rangeEnd };
}
