/**
 * What replaying the log gives, per (player, device): the number of operations and their digest sum. No
 * outcome enters into it, so unlike the ledger's own sums it leaves nothing to be tried out.
 */

import type { Finding } from "../../../../checkers/finding.ts";
import { Violations } from "../../../../checkers/violations.ts";
import type { AuditedOperation } from "../../files/audit-file.ts";
import type { ObservedRecord } from "../../files/observed-file.ts";
import { guarantees } from "../guarantees.ts";
import { SessionSlots } from "../ledger/session-slots.ts";
import { replayStory } from "../ledger/stories.ts";

export class LogReplay {
  readonly #slots = new SessionSlots();
  /** Digest of each slot's last operation when its player was not told of it, else 0. */
  readonly #unanswered: number[] = [];
  readonly #violations = new Violations();
  #compared = 0;
  /** Sessions of them: their devices follow each other. */
  #sessions = 0;
  #lastPlayer = -1;
  #unreadable = 0;

  add({ player, device, digest }: Readonly<AuditedOperation>, isAcknowledged: boolean): void {
    const slot = this.#slots.findOrAdd(player, device);
    this.#slots.acknowledge(slot, digest);
    this.#unanswered[slot] = isAcknowledged ? 0 : digest;
  }

  unreadable(): void {
    this.#unreadable += 1;
  }

  compare(read: Readonly<ObservedRecord>, isFound: boolean): void {
    const { player, device } = read;
    const slot = this.#slots.findOrAdd(player, device);
    const logged = { count: this.#slots.acknowledged(slot), checksum: this.#slots.checksum(slot) };
    const state = { count: isFound ? read.count : 0, checksum: isFound ? read.checksum : 0 };
    this.#compared += 1;
    if (player !== this.#lastPlayer) this.#sessions += 1;
    this.#lastPlayer = player;
    if (state.count === logged.count && state.checksum === logged.checksum) return;
    // Nobody waits for the end of an operation that was given up: it may be committed after the read.
    const late = this.#unanswered[slot] ?? 0;
    const before = (logged.checksum - late) >>> 0;
    if (late !== 0 && state.count === logged.count - 1 && state.checksum === before) return;
    this.#violations.add(1, () => replayStory({ player, device }, state, logged));
  }

  /** @param gaps without the whole log or all reads a difference proves nothing. */
  finding(gaps: readonly string[]): Finding {
    const doubts = [...gaps];
    const unread = this.#slots.size - this.#compared - this.#unreadable;
    if (this.#unreadable > 0) doubts.push(`${this.#unreadable} sessions could not be read`);
    if (unread > 0) doubts.push(`${unread} sessions of the log were not read after the run`);
    if (this.#compared === 0) doubts.push("no session was read after the run");
    const violations = gaps.length > 0 ? new Violations() : this.#violations;
    const checked = this.#sessions;
    return { guarantee: guarantees.replay, violations, checked, of: "sessions", doubts };
  }
}
