/**
 * Holds the final reads against the ledger: what was acknowledged must be in the state, once, and
 * nothing else but what may have been applied.
 *
 *   ledger.bin ──▶ per session: acknowledged (count, digest sum), unknown (digests)
 *   observed.bin ──▶ same count and sum? with some of the unknown ones? else: suspect
 *   ledger.bin, once more ──▶ the suspects' operations, one by one: which are missing, which are double
 *
 * So an operation costs O(1) and sessions that are right cost nothing more; only suspects are looked
 * at again, at most `maxRevisited` of them.
 */

import type { Check, Checker } from "../../../../checkers/checker.ts";
import type { Finding } from "../../../../checkers/finding.ts";
import type { ShownFile } from "../../../../checkers/record-file.ts";
import { Violations } from "../../../../checkers/violations.ts";
import { type LedgerRecord, ledgerOutcomes, ledgerTypes } from "../../files/ledger-file.ts";
import { type ObservedRecord, observedStates } from "../../files/observed-file.ts";
import { guarantees } from "../guarantees.ts";
import {
  type Explanation,
  explainState,
  hasSubset,
  type LedgerOperation,
  type SessionOperations,
  triesOfARun,
} from "../ledger/explain-state.ts";
import { operationStory } from "../ledger/operation-story.ts";
import { SessionSlots } from "../ledger/session-slots.ts";
import {
  lostStory,
  missingStory,
  twiceStory,
  unaskedStory,
  unexplainedStory,
} from "../ledger/stories.ts";
import { SuspectOperations } from "../ledger/suspect-operations.ts";
import type { SessionsContext } from "../sessions-context.ts";

const maxRevisited = 2_000;

export const finalReads: Checker<SessionsContext> = {
  source: "final-reads.ts",
  guarantees: [guarantees.lost, guarantees.twice, guarantees.unasked],
  begin: (context) => new FinalReads(context),
};

type Step = "ledger" | "observed" | "suspects" | "done";

class FinalReads implements Check {
  readonly #context: SessionsContext;
  #step: Step = "ledger";
  readonly #slots = new SessionSlots();
  readonly #suspects = new Map<number, ObservedRecord>();
  readonly #operations = new SuspectOperations();
  readonly #observedSlots = new Set<number>();
  readonly #lost = new Violations();
  readonly #twice = new Violations();
  readonly #unasked = new Violations();
  readonly #tries = triesOfARun();
  #verifiedOperations = 0;
  /** Sessions that were unreadable, or that more unknown operations than can be tried leave open. */
  #undecided = 0;
  /** Sessions whose ledger entries do not follow each other; they are not judged. */
  readonly #contradictory = new Set<number>();

  constructor(context: SessionsContext) {
    this.#context = context;
  }

  next(): ShownFile | undefined {
    const { ledger, observed } = this.#context;
    const step = this.#step;
    if (step === "ledger") {
      this.#step = "observed";
      return ledger.to({ wrote: (record) => this.#wrote(record) });
    }
    if (step === "observed") {
      this.#step = "suspects";
      return observed.to((record) => this.#observed(record));
    }
    this.#step = "done";
    if (step === "done" || this.#suspects.size === 0) return undefined;
    return ledger.to({ wrote: (record) => this.#revisit(record) });
  }

  #wrote(record: Readonly<LedgerRecord>): void {
    const slot = this.#slots.findOrAdd(record.player, record.device);
    if (record.type === ledgerTypes.attempt) {
      if (!this.#slots.begin(slot, record.sequence, record.digest)) this.#contradictory.add(slot);
      return;
    }
    if (!this.#slots.end(slot, record.sequence, record.digest)) {
      this.#contradictory.add(slot);
      return;
    }
    if (record.outcome === ledgerOutcomes.ok) this.#slots.acknowledge(slot, record.digest);
    else if (record.outcome !== ledgerOutcomes.fail) this.#slots.addUnknown(slot, record.digest);
  }

  #observed(record: Readonly<ObservedRecord>): void {
    this.#slots.closeOpen();
    const slot = this.#slots.findOrAdd(record.player, record.device);
    this.#observedSlots.add(slot);
    if (this.#contradictory.has(slot)) return;
    if (record.found === observedStates.unreadable) {
      this.#undecided += 1;
      return;
    }
    // A session that does not exist holds nothing.
    const count = record.found === observedStates.found ? record.count : 0;
    const checksum = record.found === observedStates.found ? record.checksum : 0;
    const acknowledged = this.#slots.acknowledged(slot);
    const fits = hasSubset(
      this.#slots.unknown(slot),
      count - acknowledged,
      checksum - this.#slots.checksum(slot),
      this.#tries,
    );
    if (fits === undefined) this.#undecided += 1;
    else if (fits) this.#verifiedOperations += acknowledged;
    else this.#suspects.set(slot, { ...record, count, checksum });
  }

  #revisit(record: Readonly<LedgerRecord>): void {
    const slot = this.#slots.find(record.player, record.device);
    if (slot === undefined || !this.#suspects.has(slot)) return;
    if (!this.#operations.has(slot) && this.#operations.size >= maxRevisited) return;
    this.#operations.add(slot, record);
  }

  findings(): Finding[] {
    const { ledger, observed } = this.#context;
    const gaps = [...ledger.gaps, ...observed.gaps];
    this.#slots.closeOpen();
    for (const [slot, state] of this.#suspects) this.#convict(slot, state, gaps.length > 0);
    const unobserved = this.#slots.size - this.#observedSlots.size;
    const doubts = [...gaps];
    if (unobserved > 0) doubts.push(`${unobserved} sessions were not read after the run`);
    if (this.#undecided > 0) {
      doubts.push(`${this.#undecided} sessions could not be read or decided`);
    }
    if (this.#contradictory.size > 0) {
      doubts.push(`the ledger contradicts itself on ${this.#contradictory.size} sessions`);
    }
    if (this.#slots.size === 0) doubts.push("the ledger holds no operation");
    const checked = this.#verifiedOperations;
    return [
      { guarantee: guarantees.lost, violations: this.#lost, checked, doubts },
      { guarantee: guarantees.twice, violations: this.#twice, checked, doubts },
      { guarantee: guarantees.unasked, violations: this.#unasked, checked, doubts },
    ];
  }

  /** Decides which guarantees a session breaks whose state does not fit. */
  #convict(slot: number, state: ObservedRecord, ledgerIsPartial: boolean): void {
    const name = this.#slots.name(slot);
    const acknowledged = this.#slots.acknowledged(slot);
    const certainlyLost = acknowledged - state.count;
    if (ledgerIsPartial && certainlyLost <= 0) {
      // The operations that the ledger lacks may be what makes the difference.
      this.#undecided += 1;
      return;
    }
    this.#verifiedOperations += acknowledged;
    if (state.found === observedStates.missing) {
      this.#lost.add(acknowledged, () => missingStory(name, acknowledged));
      return;
    }
    const operations = this.#operations.get(slot);
    const found = operations === undefined ? undefined : explainState(operations, state);
    if (found !== undefined && operations !== undefined) {
      this.#addExplained(slot, state, found, operations);
      return;
    }
    const unknown = this.#slots.unknown(slot).length;
    const story = () => unexplainedStory(name, state, acknowledged, unknown);
    if (certainlyLost > 0) this.#lost.add(certainlyLost, story);
    else this.#unasked.add(1, story);
  }

  #addExplained(
    slot: number,
    state: ObservedRecord,
    { lost, twice, refusedButApplied: refused }: Explanation,
    session: SessionOperations,
  ): void {
    const name = this.#slots.name(slot);
    const acknowledged = this.#slots.acknowledged(slot);
    const more = ([first]: readonly LedgerOperation[]) =>
      first === undefined ? "" : operationStory(first, session, this.#context.faults);
    this.#lost.add(lost.length, () => lostStory(name, lost, state, acknowledged) + more(lost));
    this.#twice.add(twice.length, () => twiceStory(name, twice) + more(twice));
    this.#unasked.add(refused.length, () => unaskedStory(name, refused) + more(refused));
  }
}
