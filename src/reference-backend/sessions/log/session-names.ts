/**
 * Finds sessions by the bytes of their ids, without making a string of each: a tail names its
 * sessions a hundred thousand times. Direct-mapped; what it does not find is looked up elsewhere.
 */
import { FNV_OFFSET, FNV_PRIME } from "../game/fnv1a.ts";
import type { Session } from "./session.ts";

const SLOTS = 2 ** 16;

export class SessionNames {
  private readonly slots: (Session | undefined)[] = new Array<Session | undefined>(SLOTS).fill(
    undefined,
  );

  /** The session whose id, in ASCII, is `bytes` from `start` to `end`. */
  find(bytes: Uint8Array, start: number, end: number): Session | undefined {
    const session = this.slots[slotOf(bytes, start, end)];
    if (session === undefined || session.id.length !== end - start) return undefined;
    for (let i = start; i < end; i++) {
      if (session.id.charCodeAt(i - start) !== bytes[i]) return undefined;
    }
    return session;
  }

  put(session: Session, bytes: Uint8Array, start: number, end: number): void {
    this.slots[slotOf(bytes, start, end)] = session;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), FNV_PRIME);
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}
