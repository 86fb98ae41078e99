/** What names an operation's content: tells "the same triple with another payload" apart. */
import type { Operation } from "../gateway/session-writer.ts";
import { fnv1aWord, fnvOffset } from "./fnv1a.ts";

/** FNV-1a of six unsigned 32-bit integers, little-endian (docs/session-log-format.md). */
export function operationDigest(operation: Operation): number {
  let hash = fnv1aWord(fnvOffset, operation.device);
  hash = fnv1aWord(hash, operation.sequence);
  hash = fnv1aWord(hash, operation.kind);
  hash = fnv1aWord(hash, operation.field1);
  hash = fnv1aWord(hash, operation.field2);
  return fnv1aWord(hash, operation.field3) >>> 0;
}
