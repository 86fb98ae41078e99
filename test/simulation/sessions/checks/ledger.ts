/**
 * Every operation that a client attempted, written down before it is first sent, and how it ended:
 * `ok`, `fail` (certainly not applied) or `unknown`, by the client's rules (docs/swarm-protocol.md).
 */
import { operationDigest } from "../../../../src/reference-backend/sessions/game/operation-digest.ts";
import type { Operation } from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import { operationName } from "./operation-name.ts";

export interface Attempted {
  readonly operation: Operation;
  readonly digest: number;
  readonly atMs: number;
  outcome: "ok" | "fail" | "unknown" | undefined;
  revision: number;
  /** It stands in the log. */
  committed: boolean;
}

export class Ledger {
  readonly all: Attempted[] = [];
  readonly #bySession = new Map<string, Map<number, Attempted>>();

  attempt(operation: Operation, atMs: number): Attempted {
    const digest = operationDigest(operation);
    const attempted: Attempted = {
      operation,
      digest,
      atMs,
      outcome: undefined,
      revision: 0,
      committed: false,
    };
    let ofSession = this.#bySession.get(operation.session);
    if (ofSession === undefined) {
      ofSession = new Map();
      this.#bySession.set(operation.session, ofSession);
    }
    ofSession.set(operationName(operation), attempted);
    this.all.push(attempted);
    return attempted;
  }

  find(operation: Operation): Attempted | undefined {
    return this.#bySession.get(operation.session)?.get(operationName(operation));
  }
}
