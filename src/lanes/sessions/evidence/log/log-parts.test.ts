import { describe, expect, test } from "vitest";
import { AuditBuilder, type Logged } from "../../../../../test/fixtures/audit-builder.ts";
import { checkRecording } from "../../../../../test/fixtures/check-recording.ts";
import { LedgerBuilder, type Outcome } from "../../../../../test/fixtures/ledger-builder.ts";
import { recordFixture, watchedRun } from "../../../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../../../recording/recording-reader.ts";
import type { GuaranteeResult } from "../../../../verdict/summary-document.ts";
import { LogOrder } from "./log-order.ts";

const players = Array.from({ length: 40 }, (_, player) => player);

/** As one part, then with a player or two in each, which has to find the same. */
async function check(ledger: Buffer, audit: Buffer): Promise<readonly GuaranteeResult[][]> {
  const run = watchedRun({ auditor: true });
  await using fixture = await recordFixture(run, () => {}, { ledger, audit });
  const reader = await openRecording(fixture.folder.path);
  const sizes = [1e6, 60, 20, 3];
  return await Promise.all(sizes.map((partSize) => checkRecording(reader, { partSize })));
}

/** Three operations of each player, in turn; the third one as it is told. */
function ledgerOf(third: Outcome): LedgerBuilder {
  const ledger = new LedgerBuilder();
  for (const sequence of [1, 2]) for (const player of players) ledger.did({ player, sequence });
  for (const player of players) ledger.did({ player, sequence: 3 }, third);
  return ledger;
}

function turn(sequence: number, of: readonly number[] = players): Logged[] {
  return of.map((player) => ({ player, sequence }));
}

const backwards = players.toReversed();

interface History {
  readonly ledger: LedgerBuilder;
  readonly audit: AuditBuilder;
  readonly guarantee: string;
  readonly violations: number;
  readonly first: RegExp;
}

const once = "log-holds-each-operation-once";
const histories: readonly (readonly [string, () => History])[] = [
  [
    "each player's second operation was lost",
    () => ({
      ...{ ledger: ledgerOf("ok"), guarantee: once, violations: 40 },
      audit: new AuditBuilder().record(turn(1)).record(turn(3)),
      first: /^Player 0 .*operation 2 was acknowledged, but the log never held it/,
    }),
  ],
  [
    "each player's first operation stands there twice",
    () => ({
      ...{ ledger: ledgerOf("ok"), guarantee: once, violations: 40 },
      audit: new AuditBuilder()
        .record([...turn(1), ...turn(2), ...turn(3)])
        .record(turn(1, backwards)),
      first: /^Player 39 .*operation 1 stands in the log once more, in record 1 /,
    }),
  ],
  [
    "each player's third operation was refused",
    () => ({
      ...{ ledger: ledgerOf("fail"), guarantee: once, violations: 40 },
      audit: new AuditBuilder()
        .record([...turn(1), ...turn(2)])
        .record(turn(3, backwards), { partition: 1 }),
      first: /^Player 39 .*operation 3 was refused, but stands in record 0 of partition 1/,
    }),
  ],
  [
    "nobody sent the fourth ones",
    () => ({
      ...{ ledger: ledgerOf("unknown"), guarantee: once, violations: 40 },
      audit: new AuditBuilder().record([...turn(1), ...turn(2)]).record(turn(4, backwards)),
      first: /^Player 39 .*operation 4 stands in record 1 of partition 0 .*nobody sent it/,
    }),
  ],
  [
    "players follow each other in the wrong order",
    () => ({
      ...{ ledger: ledgerOf("ok"), violations: 39 },
      audit: new AuditBuilder().record([...turn(1, backwards), ...turn(2), ...turn(3)]),
      guarantee: "log-order-is-real-time-order",
      first: /^Player 38 .*operation 1 stands in .*, behind player 39 .*: operation 1, which was/,
    }),
  ],
  [
    "one operation was overtaken by all others, of every part",
    () => ({
      ...{ ledger: ledgerOf("ok"), violations: 1 },
      audit: new AuditBuilder().record([...turn(1), ...turn(2, [...players.slice(1), 0])]),
      guarantee: "log-order-is-real-time-order",
      first: /^Player 0 .*operation 2 stands in .*, behind player 39 .*: operation 2, which was/,
    }),
  ],
];

describe("a log that is checked in parts", () => {
  test.each(histories)("gives what it gives at once, where %s", async (_, history) => {
    const { ledger, audit, guarantee, violations, first } = history();
    const [atOnce, ...inParts] = await check(ledger.closed(), audit.closed());
    const result = atOnce?.find(({ id }) => id === guarantee);
    expect(result?.outcome).toBe("broken");
    expect(result?.example).toMatch(first);
    for (const results of inParts) expect(results).toEqual(atOnce);
    expect(result?.violations).toBe(violations);
  });
});

describe("the order of real time", () => {
  const order = (
    times: readonly (readonly [number, number | undefined])[],
    room = times.length,
  ) => {
    const all = new LogOrder(room);
    // Parts bring them in any order.
    const positions = [...times.entries()].toReversed();
    for (const [position, [sentUs, answeredUs]] of positions) all.set(position, sentUs, answeredUs);
    return [...all.overtaken()];
  };

  test("is broken by what was acknowledged before an earlier one was sent, by a microsecond", () => {
    expect(
      order([
        [20, 30],
        [10, 20],
      ]),
    ).toEqual([]);
    expect(
      order([
        [20, 30],
        [10, 19],
      ]),
    ).toEqual([{ position: 1, beforeUs: 20 }]);
    expect(
      order([
        [20, undefined],
        [10, 19],
        [5, undefined],
      ]),
    ).toHaveLength(1);
  });

  test("is judged exactly of times that no run has, and of a log that has grown meanwhile", () => {
    const odd = [
      [1e12, undefined],
      [2e12, 9e11],
      [-5e12, 2e12 - 1],
      [3, 2],
      [0, 2e12],
    ] as const;
    const found = [1, 2, 3].map((position) => expect.objectContaining({ position }));
    expect(order(odd)).toEqual(found);
    expect(order(odd, 2)).toEqual(found);
  });
});
