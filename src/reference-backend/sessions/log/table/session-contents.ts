/**
 * The states and dedup windows of the sessions in memory: made, filled from bases, written into
 * bases, dropped. They live in large arrays, because an array of its own for each session costs
 * more than its content.
 */
import { applyOperation, revisionOf, stateWords } from "../../game/session-state.ts";
import { gatewayDevice, type Operation, operationKinds } from "../../gateway/session-writer.ts";
import { type Base, encodeBase } from "../format/base.ts";
import { DedupWindows, type WindowSlot } from "./dedup-window.ts";
import type { HeldSession } from "./session.ts";

const statesPerChunk = 1024;

export class SessionContents {
  readonly windows = new DedupWindows();
  readonly #free: Uint32Array[] = [];
  #count = 0;

  /** Sessions whose state is in memory. */
  get held(): number {
    return this.#count;
  }

  /** A state before any operation. */
  begin(session: HeldSession): void {
    if (this.#free.length === 0) this.#grow();
    const words = this.#free.pop();
    if (words === undefined) throw new Error("no room for a state");
    this.#count += 1;
    session.state = { session: session.id, words };
  }

  load(session: HeldSession, base: Base): void {
    this.begin(session);
    session.state?.words.set(base.state.words);
    if (base.closed) session.aliveTick = undefined;
    for (const window of base.windows) addSlot(session, this.windows.addFrom(window));
  }

  /** Nothing of the session is in memory any more. */
  drop(session: HeldSession): void {
    if (session.state === undefined) return;
    for (const slot of slots(session)) this.windows.remove(slot);
    session.window = undefined;
    session.furtherWindows = undefined;
    const { words } = session.state;
    session.state = undefined;
    this.#free.push(words.fill(0));
    this.#count -= 1;
  }

  /** Returns the session's revision after it. */
  apply(session: HeldSession, operation: Operation, digest: number): number {
    const { state } = session;
    if (state === undefined) throw new Error(`session ${session.id} is not in memory`);
    applyOperation(state, operation);
    if (operation.kind === operationKinds.sessionClosed) session.aliveTick = undefined;
    // The gateway's closing is nobody's operation: no device sends it again.
    if (operation.device !== gatewayDevice) {
      let slot = this.slot(session, operation.device);
      if (slot === undefined) {
        slot = this.windows.add(operation.device);
        addSlot(session, slot);
      }
      this.windows.apply(slot, operation.sequence, digest);
    }
    return revisionOf(state);
  }

  /** The session's base as of record, or delta, `n`. */
  encode(session: HeldSession, n: number): Uint8Array {
    const { state } = session;
    if (state === undefined) throw new Error(`session ${session.id} is not in memory`);
    const windows = slots(session).map((slot) => this.windows.toBase(slot));
    return encodeBase({ closed: session.aliveTick === undefined, n, state, windows });
  }

  slot(session: HeldSession, device: number): WindowSlot | undefined {
    if (session.window === undefined) return undefined;
    if (this.windows.device(session.window) === device) return session.window;
    return session.furtherWindows?.find((slot) => this.windows.device(slot) === device);
  }

  #grow(): void {
    const chunk = new Uint32Array(statesPerChunk * stateWords);
    for (let at = 0; at < chunk.length; at += stateWords) {
      this.#free.push(chunk.subarray(at, at + stateWords));
    }
  }
}

function slots({ window, furtherWindows }: HeldSession): WindowSlot[] {
  return window === undefined ? [] : [window, ...(furtherWindows ?? [])];
}

function addSlot(session: HeldSession, slot: WindowSlot): void {
  if (session.window === undefined) session.window = slot;
  else session.furtherWindows = [...(session.furtherWindows ?? []), slot];
}
