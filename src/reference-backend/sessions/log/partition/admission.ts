/**
 * What becomes of an operation that arrives for a session whose content is in memory (rule 13): it is
 * told apart from those that are applied or under way, and held against the bounds of a session. The
 * designs `log` and `delta` both go by it.
 */
import { devicesMax, revisionOf } from "../../game/session-state.ts";
import { type Operation, operationKinds } from "../../gateway/session-writer.ts";
import type { OmittedRule } from "../core/omitted-rule.ts";
import { type WindowSlot, windowSequences } from "../table/dedup-window.ts";
import type { HeldSession } from "../table/session.ts";
import type { SessionContents } from "../table/session-contents.ts";
import type { PendingOperation } from "./pending-operation.ts";

/** Per device: half a window, so that nothing under way can fall below it. */
const outstandingMax = 32;

export type Refusal = { readonly type: "fail" | "unknown"; readonly reason: string };

export type HeldAdmission =
  | { readonly type: "accept" }
  | { readonly type: "applied"; readonly revision: number }
  | { readonly type: "join"; readonly pending: PendingOperation }
  | Refusal;

export const fail = (reason: string): Refusal => ({ type: "fail", reason });

/** 0 also while it is not in memory: then nothing of it is under way. */
export function heldRevision({ state }: HeldSession): number {
  return state === undefined ? 0 : revisionOf(state);
}

export class AdmissionRules {
  readonly #contents: SessionContents;
  readonly #omit: ReadonlySet<OmittedRule> | undefined;

  /** `omit`: for tests of the checkers. */
  constructor(contents: SessionContents, omit?: ReadonlySet<OmittedRule>) {
    this.#contents = contents;
    this.#omit = omit;
  }

  admit(session: HeldSession, operation: Operation, digest: number): HeldAdmission {
    const pending = findOutstanding(session, operation);
    if (pending !== undefined) {
      return pending.digest === digest
        ? { type: "join", pending }
        : fail("this device and sequence were sent before with another payload");
    }
    const slot = this.#contents.slot(session, operation.device);
    if (slot !== undefined && this.#omit?.has("deduplicate") !== true) {
      const verdict = this.#contents.windows.check(slot, operation.sequence, digest);
      if (verdict === "applied") return { type: "applied", revision: heldRevision(session) };
      if (verdict === "conflict") {
        return fail("this device and sequence were applied before with another payload");
      }
      if (verdict === "below") return { type: "unknown", reason: "below the dedup window" };
    }
    return this.#admitNew(session, slot, operation);
  }

  /** One that opens a session of which nothing is known to exist. */
  static opening({ kind, sequence }: Operation): Refusal | undefined {
    if (kind !== operationKinds.sessionOpened) return fail("no such session");
    return sequence === 1 ? undefined : fail("session_opened must be sequence 1");
  }

  #admitNew(
    session: HeldSession,
    slot: WindowSlot | undefined,
    operation: Operation,
  ): HeldAdmission {
    if (session.aliveTick === undefined && this.#omit?.has("refuse-closed") !== true) {
      return fail("the session is closed");
    }
    if (operation.kind === operationKinds.sessionOpened) return fail("the session is open already");
    let underWay = 0;
    let highest = slot === undefined ? 0 : this.#contents.windows.highest(slot);
    for (const { operation: other } of session.outstanding ?? []) {
      if (other.kind === operationKinds.sessionClosed) return fail("the session is being closed");
      if (other.device !== operation.device) continue;
      underWay += 1;
      highest = Math.max(highest, other.sequence);
    }
    // The window counts from the highest sequence, also from one that is still under way.
    if (highest - operation.sequence >= windowSequences) {
      return { type: "unknown", reason: "below the dedup window" };
    }
    if (underWay >= outstandingMax) return fail(`${outstandingMax} operations are outstanding`);
    if (slot === undefined && underWay === 0 && this.#devices(session) >= devicesMax) {
      return fail(`a session has at most ${devicesMax} devices`);
    }
    return { type: "accept" };
  }

  /** Devices of the session, those of operations under way included. */
  #devices(session: HeldSession): number {
    const fresh = new Set<number>();
    for (const { operation } of session.outstanding ?? []) {
      if (this.#contents.slot(session, operation.device) === undefined) fresh.add(operation.device);
    }
    const known = session.window === undefined ? 0 : 1 + (session.furtherWindows?.length ?? 0);
    return known + fresh.size;
  }
}

function findOutstanding(session: HeldSession, operation: Operation): PendingOperation | undefined {
  return session.outstanding?.find(
    (pending) =>
      pending.operation.sequence === operation.sequence &&
      pending.operation.device === operation.device,
  );
}
