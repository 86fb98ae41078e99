/** For tests: replays every record that was ever written to a model store, trimmed or not. */
import {
  applyOperation,
  initialState,
  type SessionState,
} from "../../../src/reference-backend/sessions/game/session-state.ts";
import { logPrefix } from "../../../src/reference-backend/sessions/log/format/keys.ts";
import { decodeRecord } from "../../../src/reference-backend/sessions/log/format/record.ts";
import { storedState } from "./core-cases.ts";
import type { ModelStore } from "./model-store.ts";

export class ModelAuditor {
  readonly states = new Map<string, SessionState>();

  constructor(store: ModelStore) {
    store.listeners.push(({ key, value }) => {
      if (!key.startsWith(logPrefix(0))) return;
      for (const operation of decodeRecord(value).operations) {
        const { session } = operation;
        const state = this.states.get(session) ?? initialState(session, 0);
        applyOperation(state, operation);
        this.states.set(session, state);
      }
    });
  }

  /** Sessions whose base and tail are not what their operations make of them. */
  wrong(store: ModelStore): string[] {
    return [...this.states].flatMap(([session, state]) =>
      Buffer.from(state.words.buffer).equals(
        Buffer.from(storedState(store, session)?.words.buffer ?? new ArrayBuffer(0)),
      )
        ? []
        : [session],
    );
  }
}
