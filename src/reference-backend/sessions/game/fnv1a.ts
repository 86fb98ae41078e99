/** FNV-1a, 32 bit. */
import { Buffer } from "node:buffer";

export const fnvOffset = 0x811c9dc5;
export const fnvPrime = 0x01000193;

/** Over the UTF-8 bytes of `text`. */
export function fnv1a32(text: string): number {
  let hash = fnvOffset;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // Session ids are ASCII in practice; anything else takes the slow way.
    if (unit > 0x7f) return hashBytes(Buffer.from(text));
    hash = Math.imul(hash ^ unit, fnvPrime);
  }
  return hash >>> 0;
}

/** Goes on from `hash` with the four bytes of `value`, lowest first. */
export function fnv1aWord(hash: number, value: number): number {
  let next = Math.imul(hash ^ (value & 0xff), fnvPrime);
  next = Math.imul(next ^ ((value >>> 8) & 0xff), fnvPrime);
  next = Math.imul(next ^ ((value >>> 16) & 0xff), fnvPrime);
  return Math.imul(next ^ (value >>> 24), fnvPrime);
}

function hashBytes(bytes: Uint8Array): number {
  let hash = fnvOffset;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, fnvPrime);
  return hash >>> 0;
}
