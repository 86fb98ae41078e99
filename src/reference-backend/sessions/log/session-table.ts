/**
 * What the owner of a partition knows of each session: its revision, its dedup windows, and the
 * operations under way. It decides what becomes of an arriving operation (rule 13); revision and
 * windows advance only in `apply`, when the commit is known (rule 11).
 */
import { DEVICES_MAX } from "../game/session-state.ts";
import { GATEWAY_DEVICE, OPERATION_KINDS, type Operation } from "../gateway/session-writer.ts";
import { DedupWindows, WINDOW_SEQUENCES, type WindowSlot } from "./dedup-window.ts";
import type { PendingOperation } from "./pending-operation.ts";

/** Per device: half a window, so that nothing under way can fall below it. */
const OUTSTANDING_MAX = 32;
/** Ids of forgotten sessions, about 60 bytes each; beyond, the oldest are lost. */
const FORGOTTEN_MAX = 2 ** 18;

export interface Session {
  /** Applied operations, `session_opened` included (rule 14); 0: not opened yet. */
  revision: number;
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

export type Admission =
  | { readonly type: "accept"; readonly session: Session }
  | { readonly type: "applied"; readonly revision: number }
  | { readonly type: "join"; readonly pending: PendingOperation }
  | { readonly type: "fail" | "unknown"; readonly reason: string };

const fail = (reason: string): Admission => ({ type: "fail", reason });

export class SessionTable {
  private readonly sessions = new Map<string, Session>();
  private readonly windows = new DedupWindows();
  /** Sessions whose windows are gone; oldest first. */
  private readonly forgotten = new Set<string>();

  get size(): number {
    return this.sessions.size;
  }

  entries(): IterableIterator<[string, Session]> {
    return this.sessions.entries();
  }

  keepAlive(id: string, aliveTick: number): void {
    const session = this.sessions.get(id);
    if (session !== undefined) showLife(session, aliveTick);
  }

  find(id: string): Session | undefined {
    return this.sessions.get(id);
  }

  /**
   * What to do with an arriving operation. An accepted one must be given to `hold`. Whatever becomes
   * of it, it is a sign of life of its session in `aliveTick`.
   */
  admit(operation: Operation, digest: number, aliveTick: number): Admission {
    const session = this.sessions.get(operation.session);
    if (session === undefined) return this.admitUnknownSession(operation, aliveTick);
    showLife(session, aliveTick);
    const pending = findOutstanding(session, operation);
    if (pending !== undefined) {
      return pending.digest === digest
        ? { type: "join", pending }
        : fail("this device and sequence were sent before with another payload");
    }
    const slot = this.slot(session, operation.device);
    if (slot !== undefined) {
      const verdict = this.windows.check(slot, operation.sequence, digest);
      if (verdict === "applied") return { type: "applied", revision: session.revision };
      if (verdict === "conflict") {
        return fail("this device and sequence were applied before with another payload");
      }
      if (verdict === "below") return { type: "unknown", reason: "below the dedup window" };
    }
    return this.admitNew(session, slot, operation);
  }

  hold(session: Session, pending: PendingOperation): void {
    session.outstanding ??= [];
    session.outstanding.push(pending);
  }

  /** An operation that was held will not be applied. */
  release(pending: PendingOperation): void {
    const id = pending.operation.session;
    const session = this.sessions.get(id);
    if (session === undefined) return;
    removeOutstanding(session, pending);
    if (session.revision === 0 && session.outstanding === undefined) this.sessions.delete(id);
  }

  /** Operations under way of a session that no committed record has opened yet. */
  outstandingOfUnopened(id: string): readonly PendingOperation[] {
    const session = this.sessions.get(id);
    return session?.revision === 0 ? [...(session.outstanding ?? [])] : [];
  }

  /** A committed operation takes effect. Returns the session's revision after it. */
  apply(operation: Operation, digest: number, pending?: PendingOperation): number {
    const session = this.sessions.get(operation.session) ?? this.add(operation.session);
    if (pending !== undefined) removeOutstanding(session, pending);
    session.revision++;
    if (operation.kind === OPERATION_KINDS.sessionClosed) session.aliveTick = undefined;
    // The gateway's closing is nobody's operation: no device sends it again.
    if (operation.device !== GATEWAY_DEVICE) this.remember(session, operation, digest);
    return session.revision;
  }

  /** Drops a closed session's windows; nothing of it is told apart any more. */
  forget(id: string): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    if (session.window !== undefined) this.windows.remove(session.window);
    for (const slot of session.furtherWindows ?? []) this.windows.remove(slot);
    this.sessions.delete(id);
    this.forgotten.add(id);
    if (this.forgotten.size <= FORGOTTEN_MAX) return;
    for (const oldest of this.forgotten) {
      this.forgotten.delete(oldest);
      break;
    }
  }

  private remember(session: Session, operation: Operation, digest: number): void {
    let slot = this.slot(session, operation.device);
    if (slot === undefined) {
      slot = this.windows.add(operation.device);
      if (session.window === undefined) session.window = slot;
      else session.furtherWindows = [...(session.furtherWindows ?? []), slot];
    }
    this.windows.apply(slot, operation.sequence, digest);
  }

  private admitUnknownSession(operation: Operation, aliveTick: number): Admission {
    // It may have been applied long ago, so neither "fail" nor applying it would be right.
    if (this.forgotten.has(operation.session)) {
      return { type: "unknown", reason: "the session was closed and is forgotten" };
    }
    if (operation.kind !== OPERATION_KINDS.sessionOpened) return fail("no such session");
    if (operation.sequence !== 1) return fail("session_opened must be sequence 1");
    const session = this.add(operation.session);
    session.aliveTick = aliveTick;
    return { type: "accept", session };
  }

  private admitNew(
    session: Session,
    slot: WindowSlot | undefined,
    operation: Operation,
  ): Admission {
    if (session.aliveTick === undefined) return fail("the session is closed");
    if (operation.kind === OPERATION_KINDS.sessionOpened)
      return fail("the session is open already");
    let underWay = 0;
    let highest = slot === undefined ? 0 : this.windows.highest(slot);
    for (const { operation: other } of session.outstanding ?? []) {
      if (other.kind === OPERATION_KINDS.sessionClosed) return fail("the session is being closed");
      if (other.device !== operation.device) continue;
      underWay++;
      highest = Math.max(highest, other.sequence);
    }
    // The window counts from the highest sequence, also from one that is still under way.
    if (highest - operation.sequence >= WINDOW_SEQUENCES) {
      return { type: "unknown", reason: "below the dedup window" };
    }
    if (underWay >= OUTSTANDING_MAX) return fail(`${OUTSTANDING_MAX} operations are outstanding`);
    if (slot === undefined && underWay === 0 && this.devices(session) >= DEVICES_MAX) {
      return fail(`a session has at most ${DEVICES_MAX} devices`);
    }
    return { type: "accept", session };
  }

  private add(id: string): Session {
    const session: Session = {
      revision: 0,
      aliveTick: 0,
      window: undefined,
      furtherWindows: undefined,
      outstanding: undefined,
    };
    this.sessions.set(id, session);
    return session;
  }

  private slot(session: Session, device: number): WindowSlot | undefined {
    if (session.window === undefined) return undefined;
    if (this.windows.device(session.window) === device) return session.window;
    return session.furtherWindows?.find((slot) => this.windows.device(slot) === device);
  }

  /** Devices of the session, those of operations under way included. */
  private devices(session: Session): number {
    const fresh = new Set<number>();
    for (const { operation } of session.outstanding ?? []) {
      if (this.slot(session, operation.device) === undefined) fresh.add(operation.device);
    }
    const known = session.window === undefined ? 0 : 1 + (session.furtherWindows?.length ?? 0);
    return known + fresh.size;
  }
}

function showLife(session: Session, aliveTick: number): void {
  if (session.aliveTick !== undefined) session.aliveTick = aliveTick;
}

function findOutstanding(session: Session, operation: Operation): PendingOperation | undefined {
  return session.outstanding?.find(
    (pending) =>
      pending.operation.sequence === operation.sequence &&
      pending.operation.device === operation.device,
  );
}

function removeOutstanding(session: Session, pending: PendingOperation): void {
  const remaining = session.outstanding?.filter((other) => other !== pending) ?? [];
  session.outstanding = remaining.length > 0 ? remaining : undefined;
}
