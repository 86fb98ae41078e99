/**
 * Every read of the audited players, held against the same ledger's writes: a second opinion on what the swarm
 * counted of all reads while it played (`reads.ts`), from the folder, by other code.
 *
 *   attempt of a read ──▶ what it has to show: asked for, read before, acknowledged a second ago
 *   outcome of a read ──▶ no less than that, and no more than the player's devices had sent by then
 *
 * A player's records are in the order in which its group did things, so what stands before a read's attempt was
 * known when it was sent, and what could be applied by its answer stands before its outcome.
 */

import { z } from "zod";
import type { Check, Checker } from "../../../../checkers/checker.ts";
import { overlapping } from "../../../../checkers/fault-windows.ts";
import type { Finding } from "../../../../checkers/finding.ts";
import type { ShownFile } from "../../../../checkers/record-file.ts";
import { Violations } from "../../../../checkers/violations.ts";
import { type DeviceShares, isAudited } from "../../../../load/plan/devices.ts";
import { type LedgerRecord, ledgerOutcomes, ledgerTypes } from "../../files/ledger-file.ts";
import { guarantees } from "../guarantees.ts";
import { readStory } from "../ledger/stories.ts";
import type { SessionsContext } from "../sessions-context.ts";

export const auditedReads: Checker<SessionsContext> = {
  source: "audited-reads.ts",
  guarantees: [guarantees.auditedReads],
  begin: (context) => new AuditedReads(context),
};

const sharesSchema = z.object({ twoDeviceShare: z.number(), auditedShare: z.number() });

/** The gateways' own, where the run does not set it. */
const sessionTtlS = 1_800;

/** As promised: how long after an acknowledgement every read shows it. */
const freshAfterUs = 1_000_000;

interface Acknowledged {
  readonly revision: number;
  readonly atUs: number;
}

interface SentRead {
  readonly number: number;
  readonly atUs: number;
  readonly asked: number;
  readonly seen: number;
  /** The highest revision that was acknowledged a second before. */
  readonly settled: Acknowledged;
}

/** What an audited player knows. */
interface Player {
  /** Operations that were sent and not refused. */
  sent: number;
  /** Acknowledgements of the last second, and `settled`, the highest of those before. */
  recent: Acknowledged[];
  settled: Acknowledged;
  /** The highest revision that a read returned. */
  seen: number;
  /** By device. */
  readonly open: Map<number, SentRead>;
}

type Rule = Parameters<typeof readStory>[0]["rule"];

class AuditedReads implements Check {
  readonly #context: SessionsContext;
  /** Undefined: the run does not say whose reads are in the ledger. */
  readonly #shares: DeviceShares | undefined;
  /** A gateway may close a session that idles, which counts its revision up once. */
  readonly #sessionsMayClose: boolean;
  #isShown = false;
  readonly #players = new Map<number, Player>();
  readonly #readers = new Set<number>();
  readonly #violations = new Violations();
  /** Those that a write which the ledger lacks would explain. */
  readonly #ahead = new Violations();
  #compared = 0;
  /** Reads of players that are not audited, and outcomes that fit no attempt. */
  #strange = 0;

  constructor(context: SessionsContext) {
    const { scenario, lanes, durationS } = context.reader.run;
    const ttlS = lanes[context.lane]?.settings["sessionTtlS"];
    this.#context = context;
    this.#shares = sharesSchema.safeParse(scenario["plan"]).data;
    this.#sessionsMayClose = (typeof ttlS === "number" ? ttlS : sessionTtlS) <= durationS;
  }

  next(): ShownFile | undefined {
    if (this.#isShown) return undefined;
    this.#isShown = true;
    return this.#context.ledger.to({
      wrote: (record) => this.#wrote(record),
      read: (record) => this.#read(record),
    });
  }

  #wrote(record: Readonly<LedgerRecord>): void {
    const shares = this.#shares;
    if (shares === undefined || !isAudited(shares, record.player)) return;
    const player = this.#player(record.player);
    if (record.type === ledgerTypes.attempt) {
      player.sent += 1;
    } else if (record.outcome === ledgerOutcomes.fail) {
      player.sent -= 1;
    } else if (record.outcome === ledgerOutcomes.ok) {
      player.recent.push({ revision: record.revision, atUs: record.atUs });
    }
  }

  #read(record: Readonly<LedgerRecord>): void {
    const shares = this.#shares;
    this.#readers.add(record.player);
    if (shares === undefined || !isAudited(shares, record.player)) {
      this.#strange += 1;
      return;
    }
    const player = this.#player(record.player);
    if (record.type === ledgerTypes.readAttempt) this.#sent(player, record);
    else this.#answered(player, record);
  }

  /** Nothing for a ledger without reads: of a run without any, or of an older hunt. */
  findings(): Finding[] {
    const { gaps } = this.#context.ledger;
    if (this.#readers.size === 0) return [];
    const doubts = [...gaps];
    if (this.#strange > 0) doubts.push(`the ledger contradicts itself on ${this.#strange} reads`);
    if (this.#compared === 0) doubts.push("no read of an audited player was answered");
    if (gaps.length === 0) {
      const { count, example = "" } = this.#ahead;
      this.#violations.add(count, () => example);
    }
    const checked = this.#compared;
    const of = `reads of ${this.#readers.size} audited players`;
    const guarantee = guarantees.auditedReads;
    return [{ guarantee, violations: this.#violations, checked, of, doubts }];
  }

  #sent(player: Player, { device, sequence, atUs, revision }: Readonly<LedgerRecord>): void {
    if (player.open.has(device)) this.#strange += 1;
    settle(player, atUs - freshAfterUs);
    const { seen, settled } = player;
    player.open.set(device, { number: sequence, atUs, asked: revision, seen, settled });
  }

  #answered(player: Player, record: Readonly<LedgerRecord>): void {
    const sent = player.open.get(record.device);
    player.open.delete(record.device);
    if (sent === undefined || sent.number !== record.sequence) {
      this.#strange += 1;
      return;
    }
    if (record.outcome !== ledgerOutcomes.ok) return;
    this.#compared += 1;
    const got = record.revision;
    const most = player.sent + (this.#sessionsMayClose ? 1 : 0);
    const tell = (violations: Violations, rule: Rule, wanted: number) =>
      violations.add(1, () => this.#story(record, sent, rule, wanted));
    if (got < sent.seen) tell(this.#violations, "back", sent.seen);
    else if (got < sent.asked) tell(this.#violations, "stale", sent.asked);
    else if (got < sent.settled.revision && this.#isCalm(sent.atUs)) {
      tell(this.#violations, "late", sent.settled.revision);
    } else if (got > most) tell(this.#ahead, "ahead", most);
    player.seen = Math.max(player.seen, got);
  }

  /** As `reads.ts` has it: by the second of sending. */
  #isCalm(sentUs: number): boolean {
    const second = Math.floor(sentUs / 1e6);
    return overlapping(this.#context.faults, second, second + 1).length === 0;
  }

  #story(
    { player, device, revision }: Readonly<LedgerRecord>,
    sent: SentRead,
    rule: Rule,
    wanted: number,
  ): string {
    const t = sent.atUs / 1e6;
    const acknowledgedAtS = rule === "late" ? sent.settled.atUs / 1e6 : undefined;
    const read = { rule, t, player, device, wanted, got: revision, acknowledgedAtS };
    return readStory(read, overlapping(this.#context.faults, t, t));
  }

  #player(number: number): Player {
    const found = this.#players.get(number);
    if (found !== undefined) return found;
    const settled = { revision: 0, atUs: 0 };
    const created = { sent: 0, recent: [], settled, seen: 0, open: new Map() };
    this.#players.set(number, created);
    return created;
  }
}

/** Moves what was acknowledged by then out of the recent acknowledgements. */
function settle(player: Player, untilUs: number): void {
  for (const each of player.recent) {
    if (each.atUs <= untilUs && each.revision > player.settled.revision) player.settled = each;
  }
  player.recent = player.recent.filter(({ atUs }) => atUs > untilUs);
}
