/**
 * What a gateway knows of one session, in general (`HeldSession`) and as the owner of its partition.
 * Plain fields: there are tens of thousands.
 */
import type { SessionState } from "../../game/session-state.ts";
import type { PendingOperation } from "../partition/pending-operation.ts";
import type { WindowSlot } from "./dedup-window.ts";

/** A session's content and what is under way of it. */
export interface HeldSession {
  readonly id: string;
  /** Undefined while it is only in the store. Revision 0: not opened yet. */
  state: SessionState | undefined;
  /**
   * When it last showed life here, in ticks of SessionLifetimes: a small integer needs no
   * allocation. 0: not yet. Undefined: it is closed.
   */
  aliveTick: number | undefined;
  /** Device windows: one number for nearly all, more only where there are more devices. */
  window: WindowSlot | undefined;
  furtherWindows: WindowSlot[] | undefined;
  outstanding: PendingOperation[] | undefined;
}

export interface Session extends HeldSession {
  /** The newest committed record with an operation of it; -1: none that was kept at the takeover. */
  lastRecord: number;
  /** The last record that its committed base contains; -1: none is known. */
  baseRecord: number;
  /** The oldest record kept when its base was last written here; -1: never. */
  foldedAtOldest: number;
  /** Its first and last operation in the tail of the takeover that is not applied yet; -1: none. */
  tailFirst: number;
  tailLast: number;
  /** That first one opens it, so nothing of it is elsewhere. */
  tailOpens: boolean;
  /** Closed, and its tombstone is over: to be deleted when no kept record has an operation of it. */
  over: boolean;
  /** It is in the list of those to be deleted. */
  listedOver: boolean;
  /** It stands in the list of those that may be unloaded. */
  evictable: boolean;
}

export function newSession(id: string): Session {
  return {
    id,
    state: undefined,
    aliveTick: 0,
    window: undefined,
    furtherWindows: undefined,
    outstanding: undefined,
    lastRecord: -1,
    baseRecord: -1,
    foldedAtOldest: -1,
    tailFirst: -1,
    tailLast: -1,
    tailOpens: false,
    over: false,
    listedOver: false,
    evictable: false,
  };
}
