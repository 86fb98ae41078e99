/**
 * Why a run ends before its plan does. The first cause wins: what follows (nodes that end because
 * they were stopped, a generator that loses its gateways) is a consequence.
 */
import type { InterruptSignal } from "../environment.ts";
import type { HuntError } from "../hunt-error.ts";
import type { partialReasons } from "../recording/run-document.ts";

export interface StopCause {
  readonly reason: (typeof partialReasons)[number];
  /** One sentence, for the recording and the operator. */
  readonly detail: string;
  readonly signal?: InterruptSignal;
  /** What to report instead of a verdict. */
  readonly error?: HuntError;
}

export class StopSwitch {
  readonly #controller = new AbortController();
  #cause: StopCause | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get cause(): StopCause | undefined {
    return this.#cause;
  }

  stop(cause: StopCause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#controller.abort(new Error(cause.detail));
  }
}
