/** FNV-1a (32 bit), and an operation's digest (docs/session-log-format.md). */
import { Buffer } from "node:buffer";
import type { Operation } from "../gateway/session-writer.ts";

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

export function fnv1a32(text: string): number {
  let hash = OFFSET;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}

export function operationDigest(operation: Operation): number {
  let hash = OFFSET;
  hash = addUint32(hash, operation.device);
  hash = addUint32(hash, operation.sequence);
  hash = addUint32(hash, operation.kind);
  hash = addUint32(hash, operation.field1);
  hash = addUint32(hash, operation.field2);
  hash = addUint32(hash, operation.field3);
  return hash >>> 0;
}

function addUint32(hash: number, value: number): number {
  let next = Math.imul(hash ^ (value & 0xff), PRIME);
  next = Math.imul(next ^ ((value >>> 8) & 0xff), PRIME);
  next = Math.imul(next ^ ((value >>> 16) & 0xff), PRIME);
  return Math.imul(next ^ (value >>> 24), PRIME);
}
