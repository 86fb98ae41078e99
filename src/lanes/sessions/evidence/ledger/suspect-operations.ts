/** The operations of a few sessions, one by one, collected in a second look at the ledger. */
import { type LedgerRecord, ledgerOutcomes, ledgerTypes } from "../../files/ledger-file.ts";
import type { LedgerOperation, SessionOperations } from "./explain-state.ts";

interface Collected {
  readonly open: Map<number, LedgerOperation>;
  readonly acknowledged: LedgerOperation[];
  readonly unknown: LedgerOperation[];
  readonly refused: LedgerOperation[];
}

export class SuspectOperations {
  readonly #sessions = new Map<number, Collected>();

  get size(): number {
    return this.#sessions.size;
  }

  has(slot: number): boolean {
    return this.#sessions.has(slot);
  }

  add(slot: number, record: Readonly<LedgerRecord>): void {
    const session = this.#session(slot);
    const { sequence, digest, atUs, kind, revision, sends } = record;
    const sentUs = session.open.get(sequence)?.sentUs ?? atUs;
    const operation = { sequence, digest, atUs, sentUs, kind, revision, sends };
    if (record.type === ledgerTypes.attempt) {
      session.open.set(sequence, operation);
      return;
    }
    session.open.delete(sequence);
    if (record.outcome === ledgerOutcomes.ok) session.acknowledged.push(operation);
    else if (record.outcome === ledgerOutcomes.fail) session.refused.push(operation);
    else session.unknown.push(operation);
  }

  /** Attempts without an outcome count as unknown. */
  get(slot: number): SessionOperations | undefined {
    const session = this.#sessions.get(slot);
    if (session === undefined) return undefined;
    const { acknowledged, refused } = session;
    return { acknowledged, refused, unknown: [...session.unknown, ...session.open.values()] };
  }

  #session(slot: number): Collected {
    const found = this.#sessions.get(slot);
    if (found !== undefined) return found;
    const created = { open: new Map(), acknowledged: [], unknown: [], refused: [] };
    this.#sessions.set(slot, created);
    return created;
  }
}
