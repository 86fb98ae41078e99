/**
 * A gateway's copies of sessions: what it needs to tell operations apart and to write the next delta.
 * A copy may be behind the store, since any gateway may write; then its next append fails and says
 * what is there. Which copies are kept is bounded: the one used least recently goes, and is read
 * again when it is needed.
 */

import { operationDigest } from "../game/operation-digest.ts";
import { revisionOf } from "../game/session-state.ts";
import { operationKinds } from "../gateway/session-writer.ts";
import type { OmittedRule } from "../log/core/omitted-rule.ts";
import { AdmissionRules, type HeldAdmission, heldRevision } from "../log/partition/admission.ts";
import type { PendingOperation } from "../log/partition/pending-operation.ts";
import type { HeldSession } from "../log/table/session.ts";
import { SessionContents } from "../log/table/session-contents.ts";
import { encodeDelta } from "./format/delta.ts";
import type { StoredSession } from "./format/stored-session.ts";
import type { Append } from "./store/delta-store.ts";

/** Some 1 KB each. */
const copiesMax = 65_536;
/** Busy ones that are passed over in one look for one to give up. */
const passedOverMax = 64;
/** So many deltas since the base, or so many bytes of them, are folded by the next append. */
export const foldDeltas = 16;
const foldBytes = 4096;

export interface SessionCopy extends HeldSession {
  /** The newest delta; 0: none. */
  last: number;
  /** Deltas since the base, and their bytes. */
  tailDeltas: number;
  tailBytes: number;
  /** When its live key was written here last. */
  liveMs: number;
  readonly queue: PendingOperation[];
  queuedBytes: number;
  /** Until its queue is due. */
  timer: NodeJS.Timeout | undefined;
  /** Its queue is being written. */
  working: boolean;
}

export class SessionCopies {
  readonly #copies = new Map<string, SessionCopy>();
  readonly #contents = new SessionContents();
  readonly #rules: AdmissionRules;

  constructor(omit?: ReadonlySet<OmittedRule>) {
    this.#rules = new AdmissionRules(this.#contents, omit);
  }

  /** Sessions whose state is in memory. */
  get held(): number {
    return this.#contents.held;
  }

  all(): IterableIterator<SessionCopy> {
    return this.#copies.values();
  }

  find(id: string): SessionCopy | undefined {
    return this.#copies.get(id);
  }

  /** The copy of this session, maybe an empty one, as the one used last. */
  use(id: string): SessionCopy {
    const copy = this.#copies.get(id) ?? newCopy(id);
    this.#copies.delete(id);
    this.#copies.set(id, copy);
    if (this.#copies.size > copiesMax) this.#giveUpOldest();
    return copy;
  }

  /** As the store has it. */
  load(copy: SessionCopy, stored: StoredSession): void {
    const { base, deltas, last } = stored;
    this.forget(copy);
    if (base === undefined) this.#contents.begin(copy);
    else this.#contents.load(copy, base);
    for (const { bytes, operations } of deltas) {
      for (const each of operations) this.#contents.apply(copy, each, operationDigest(each));
      this.#tailGrew(copy, bytes);
    }
    copy.last = last;
  }

  /** Nothing of it is in the store, as far as is known. */
  begin(copy: SessionCopy): void {
    this.forget(copy);
    this.#contents.begin(copy);
  }

  /** What is in the store must be read before anything else is done with it. */
  forget(copy: SessionCopy): void {
    this.#contents.drop(copy);
    copy.outstanding = undefined;
    copy.aliveTick = 0;
    copy.last = 0;
    copy.tailDeltas = 0;
    copy.tailBytes = 0;
  }

  admit(copy: SessionCopy, { operation, digest }: PendingOperation): HeldAdmission {
    if (heldRevision(copy) === 0 && copy.outstanding === undefined) {
      return AdmissionRules.opening(operation) ?? { type: "accept" };
    }
    return this.#rules.admit(copy, operation, digest);
  }

  /** The write that carries these operations, with a fold where that is due. */
  nextAppend(
    copy: SessionCopy,
    batch: readonly PendingOperation[],
    batchId: string,
    lease: bigint | undefined,
  ): Append {
    const operations = batch.map(({ operation }) => operation);
    const delta = encodeDelta({ batchId, revision: heldRevision(copy), operations });
    const closes = operations.some(({ kind }) => kind === operationKinds.sessionClosed);
    const due = copy.tailDeltas >= foldDeltas || copy.tailBytes >= foldBytes;
    const base =
      due || (closes && copy.last > 0) ? this.#contents.encode(copy, copy.last) : undefined;
    return { session: copy.id, n: copy.last + 1, delta, base, lease };
  }

  /** The append is committed. Returns the revision after each of its operations. */
  apply(copy: SessionCopy, append: Append, batch: readonly PendingOperation[]): number[] {
    copy.outstanding = undefined;
    copy.last = append.n;
    if (append.base !== undefined) {
      copy.tailDeltas = 0;
      copy.tailBytes = 0;
    }
    this.#tailGrew(copy, append.delta.length);
    return batch.map(({ operation, digest }) => this.#contents.apply(copy, operation, digest));
  }

  /** One of which nothing is known, and nothing waits, needs no place. */
  tidy(copy: SessionCopy): void {
    if (isIdle(copy) && (copy.state === undefined || revisionOf(copy.state) === 0)) {
      this.#remove(copy);
    }
  }

  #tailGrew(copy: SessionCopy, bytes: number): void {
    copy.tailDeltas += 1;
    copy.tailBytes += bytes;
  }

  #giveUpOldest(): void {
    let passedOver = 0;
    for (const copy of this.#copies.values()) {
      if (isIdle(copy)) {
        this.#remove(copy);
        return;
      }
      passedOver += 1;
      if (passedOver === passedOverMax) return;
    }
  }

  #remove(copy: SessionCopy): void {
    this.#contents.drop(copy);
    this.#copies.delete(copy.id);
  }
}

function isIdle({ working, queue }: SessionCopy): boolean {
  return !working && queue.length === 0;
}

function newCopy(id: string): SessionCopy {
  return {
    id,
    state: undefined,
    aliveTick: 0,
    window: undefined,
    furtherWindows: undefined,
    outstanding: undefined,
    last: 0,
    tailDeltas: 0,
    tailBytes: 0,
    liveMs: Number.NEGATIVE_INFINITY,
    queue: [],
    queuedBytes: 0,
    timer: undefined,
    working: false,
  };
}
