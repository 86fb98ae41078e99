/**
 * What the store holds of one session at one moment: a base and the deltas after it, checked to follow
 * one another. What does not follow would be a lost write, or one applied twice, so it is loud.
 */
import { revisionOf } from "../../game/session-state.ts";
import { type Base, decodeBase } from "../../log/format/base.ts";
import { type Delta, decodeDelta } from "./delta.ts";
import { parseDeltaKey } from "./delta-keys.ts";

export interface StoredDelta extends Delta {
  readonly n: number;
  readonly bytes: number;
}

export interface StoredSession {
  readonly base: Base | undefined;
  /** Those after the base's, oldest first. */
  readonly deltas: readonly StoredDelta[];
  /** Of the newest delta; 0: there is no such session. */
  readonly last: number;
}

/**
 * `values`: all keys of the session, in order.
 * @throws RangeError when they are not understood, or do not follow one another.
 */
export function storedSession(
  session: string,
  values: Iterable<{ readonly key: string; readonly value: Uint8Array | undefined }>,
): StoredSession {
  let base: Base | undefined;
  const all: StoredDelta[] = [];
  for (const { key, value } of values) {
    const parsed = parseDeltaKey(key);
    if (value === undefined || parsed?.session !== session) {
      throw new RangeError(`${key} holds nothing of session ${session}`);
    }
    if (parsed.n === undefined) base = decodeBase(session, value);
    else all.push({ n: parsed.n, bytes: value.length, ...decodeDelta(session, value) });
  }
  const folded = base?.n ?? 0;
  const deltas = all.filter(({ n }) => n > folded);
  checkChain(session, base, deltas);
  return { base, deltas, last: deltas.at(-1)?.n ?? folded };
}

function checkChain(session: string, base: Base | undefined, deltas: readonly StoredDelta[]): void {
  let n = base?.n ?? 0;
  let revision = base === undefined ? 0 : revisionOf(base.state);
  for (const delta of deltas) {
    if (delta.n !== n + 1 || delta.revision !== revision) {
      throw new RangeError(
        `session ${session}: delta ${delta.n} from revision ${delta.revision} follows delta ${n} at revision ${revision}`,
      );
    }
    n = delta.n;
    revision += delta.operations.length;
  }
}
