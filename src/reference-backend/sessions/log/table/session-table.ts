/**
 * What the owner of a partition knows of each session: its state, its dedup windows, and the
 * operations under way. It decides what becomes of an arriving operation (rule 13); state and
 * windows advance only in `apply`, when the commit is known (rule 11).
 *
 * A session's content is in memory, or only in its base and the tail of the takeover: then it is
 * loaded when it is needed, and may be unloaded again once its base contains everything.
 */
import { type Operation, operationKinds } from "../../gateway/session-writer.ts";
import { TailOperations } from "../bases/tail-operations.ts";
import type { OmittedRule } from "../core/omitted-rule.ts";
import type { Base } from "../format/base.ts";
import { AdmissionRules, fail, type HeldAdmission, heldRevision } from "../partition/admission.ts";
import type { PendingOperation } from "../partition/pending-operation.ts";
import { newSession, type Session } from "./session.ts";
import { SessionContents } from "./session-contents.ts";

/** Ids of forgotten sessions, about 60 bytes each; beyond, the oldest are lost. */
export const forgottenMax = 2 ** 16;

export type Admission =
  | { readonly type: "accept"; readonly session: Session }
  | Exclude<HeldAdmission, { type: "accept" }>
  /** Its base must be read first, see `load`. */
  | { readonly type: "load" };

const load: Admission = { type: "load" };

export interface SessionTableOptions {
  readonly digestOf: (operation: Operation) => number;
  readonly knownSessionsMax: number;
  readonly omit?: ReadonlySet<OmittedRule> | undefined;
}

export class SessionTable {
  /** Every session that has a base is known: one that is not known does not exist. */
  complete = false;
  readonly #options: SessionTableOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #contents = new SessionContents();
  readonly #rules: AdmissionRules;
  /** Sessions whose windows are gone; oldest first. */
  readonly #forgotten = new Set<string>();
  #tail: TailOperations | undefined;
  /** Sessions with operations in `tail` that are not applied. */
  #tailSessions = 0;

  constructor(options: SessionTableOptions) {
    this.#options = options;
    this.#rules = new AdmissionRules(this.#contents, options.omit);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions whose state is in memory. */
  get held(): number {
    return this.#contents.held;
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  find(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  keepAlive(id: string, aliveTick: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) showLife(session, aliveTick);
  }

  /** One that stands in the tail. */
  findOrAdd(id: string): Session {
    return this.#sessions.get(id) ?? this.#add(id);
  }

  /** The records of the tail, oldest first, before anything else is done with this table. */
  addTailRecord(n: number, bytes: Uint8Array): void {
    this.#tail ??= new TailOperations();
    this.#tail.addRecord(n, bytes);
  }

  /** An operation of the record added last. */
  addTailOperation(session: Session, kind: number, n: number, offset: number): void {
    if (this.#tail === undefined) throw new Error("an operation before its record");
    const index = this.#tail.add(offset, session.tailLast);
    if (session.tailFirst < 0) {
      session.tailFirst = index;
      session.tailOpens = kind === operationKinds.sessionOpened;
      this.#tailSessions += 1;
    }
    session.tailLast = index;
    session.lastRecord = n;
    if (kind === operationKinds.sessionClosed) session.aliveTick = undefined;
  }

  /** A session that has a base and is not known yet. */
  addFromBase(id: string, closed: boolean, n: number): Session {
    const session = this.#add(id);
    session.baseRecord = n;
    if (closed) session.aliveTick = undefined;
    return session;
  }

  /** Loads what needs no base. False: its base must be read, and given to `load`. */
  loadFromTail(session: Session): boolean {
    if (session.state !== undefined) return true;
    if (!session.tailOpens) return false;
    this.#contents.begin(session);
    this.#applyTail(session, -1);
    return true;
  }

  /** `base`: the newest one, which contains nothing that is not committed. */
  load(session: Session, base: Base): void {
    if (session.state !== undefined) return;
    this.#contents.load(session, base);
    session.baseRecord = base.n;
    this.#applyTail(session, base.n);
  }

  /** Its base contains everything, and nothing of it is under way. */
  mayUnload({ state, outstanding, baseRecord, lastRecord }: Session): boolean {
    return state !== undefined && outstanding === undefined && baseRecord >= lastRecord;
  }

  unload(session: Session): void {
    this.#contents.drop(session);
  }

  /** The session's base as of record `n`, the newest that is committed. */
  encodeBase(session: Session, n: number): Uint8Array {
    return this.#contents.encode(session, n);
  }

  /**
   * What to do with an arriving operation. An accepted one must be given to `hold`. Whatever becomes
   * of it, it is a sign of life of its session in `aliveTick`. `absent`: its session is known to have
   * no base.
   */
  admit(operation: Operation, digest: number, aliveTick: number, absent = false): Admission {
    const session = this.#sessions.get(operation.session);
    if (session === undefined) return this.#admitUnknownSession(operation, aliveTick, absent);
    showLife(session, aliveTick);
    // It may have been applied long ago, so neither "fail" nor applying it would be right.
    if (session.over) return { type: "unknown", reason: "the session was closed long ago" };
    if (!this.loadFromTail(session)) return load;
    const admission = this.#rules.admit(session, operation, digest);
    return admission.type === "accept" ? { type: "accept", session } : admission;
  }

  hold(session: Session, pending: PendingOperation): void {
    session.outstanding ??= [];
    session.outstanding.push(pending);
  }

  /** An operation that was held will not be applied. */
  release(pending: PendingOperation): void {
    const session = this.#sessions.get(pending.operation.session);
    if (session === undefined) return;
    removeOutstanding(session, pending);
    if (heldRevision(session) === 0 && session.outstanding === undefined) this.#remove(session);
  }

  /** Operations under way of a session that no committed record has opened yet. */
  outstandingOfUnopened(id: string): readonly PendingOperation[] {
    const session = this.#sessions.get(id);
    return session !== undefined && heldRevision(session) === 0
      ? [...(session.outstanding ?? [])]
      : [];
  }

  /** An operation that was held is committed in record `n`, and takes effect. */
  apply(pending: PendingOperation, n: number): { session: Session; revision: number } {
    const { operation, digest } = pending;
    const session = this.#sessions.get(operation.session);
    if (session === undefined) throw new Error(`session ${operation.session} is not known`);
    removeOutstanding(session, pending);
    session.lastRecord = n;
    return { session, revision: this.#contents.apply(session, operation, digest) };
  }

  /** A closed session is gone from the store; nothing of it is told apart any more. */
  forget(session: Session): void {
    this.#remove(session);
    this.#forgotten.add(session.id);
    if (this.#forgotten.size <= forgottenMax) return;
    for (const oldest of this.#forgotten) {
      this.#forgotten.delete(oldest);
      break;
    }
  }

  #applyTail(session: Session, n: number): void {
    if (session.tailFirst < 0) return;
    if (this.#tail === undefined) throw new Error(`the tail of ${session.id} is gone`);
    for (const operation of this.#tail.from(session.id, session.tailFirst, n)) {
      this.#contents.apply(session, operation, this.#options.digestOf(operation));
    }
    session.tailFirst = -1;
    session.tailOpens = false;
    this.#tailSessions -= 1;
    if (this.#tailSessions === 0) this.#tail = undefined;
  }

  #admitUnknownSession(operation: Operation, aliveTick: number, absent: boolean): Admission {
    if (this.#forgotten.has(operation.session)) {
      return { type: "unknown", reason: "the session was closed and is forgotten" };
    }
    if (!this.complete && !absent) return load;
    const refusal = AdmissionRules.opening(operation);
    if (refusal !== undefined) return refusal;
    if (this.#sessions.size >= this.#options.knownSessionsMax) {
      return fail(`the partition has ${this.#sessions.size} sessions, and takes no more`);
    }
    const session = this.#add(operation.session);
    this.#contents.begin(session);
    session.aliveTick = aliveTick;
    return { type: "accept", session };
  }

  #add(id: string): Session {
    const session = newSession(id);
    this.#sessions.set(id, session);
    return session;
  }

  #remove(session: Session): void {
    this.#contents.drop(session);
    this.#sessions.delete(session.id);
  }
}

function showLife(session: Session, aliveTick: number): void {
  if (session.aliveTick !== undefined) session.aliveTick = aliveTick;
}

function removeOutstanding(session: Session, pending: PendingOperation): void {
  const remaining = session.outstanding?.filter((other) => other !== pending) ?? [];
  session.outstanding = remaining.length > 0 ? remaining : undefined;
}
