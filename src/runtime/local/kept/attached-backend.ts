/** A backend that stays, attached to by another hunt than the one that started it. */
import type { AttachedBackend } from "../../runtime.ts";
import { LocalBackend, type LocalBackendOptions } from "../local-backend.ts";
import type { BackendState } from "./backend-state.ts";

export class AttachedLocalBackend extends LocalBackend implements AttachedBackend {
  readonly name: string;
  readonly runId: string;
  readonly createdAt: string;
  readonly startedBy: "up" | "bench";

  constructor(options: LocalBackendOptions, state: BackendState) {
    super(options);
    this.name = state.name;
    this.runId = state.runId;
    this.createdAt = state.createdAt;
    this.startedBy = state.startedBy;
  }
}
