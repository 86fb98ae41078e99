/**
 * Finds sessions by the bytes of their ids, without making a string of each: a tail names its
 * sessions a hundred thousand times. Direct-mapped; what it does not find is looked up elsewhere.
 */
import { fnvOffset, fnvPrime } from "../../game/fnv1a.ts";
import type { Session } from "./session.ts";

const slots = 2 ** 16;

export class SessionNames {
  readonly #slots: (Session | undefined)[] = new Array<Session | undefined>(slots).fill(undefined);

  /** The session whose id, in ASCII, is `bytes` from `start` to `end`. */
  find(bytes: Uint8Array, start: number, end: number): Session | undefined {
    const session = this.#slots[slotOf(bytes, start, end)];
    if (session === undefined || session.id.length !== end - start) return undefined;
    for (let i = start; i < end; i += 1) {
      if (session.id.charCodeAt(i - start) !== bytes[i]) return undefined;
    }
    return session;
  }

  put(session: Session, bytes: Uint8Array, start: number, end: number): void {
    this.#slots[slotOf(bytes, start, end)] = session;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = fnvOffset;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), fnvPrime);
  return (hash ^ (hash >>> 16)) & (slots - 1);
}
