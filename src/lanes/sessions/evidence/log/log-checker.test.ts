import { describe, expect, test } from "vitest";
import { AuditBuilder } from "../../../../../test/fixtures/audit-builder.ts";
import { checkRecording } from "../../../../../test/fixtures/check-recording.ts";
import { digestOf, LedgerBuilder, sumOf } from "../../../../../test/fixtures/ledger-builder.ts";
import { recordFixture, watchedRun } from "../../../../../test/fixtures/synthetic-recording.ts";
import { optional } from "../../../../optional.ts";
import { openRecording } from "../../../../recording/recording-reader.ts";
import { encodeObserved, type ObservedRecord } from "../../files/observed-file.ts";

const follows = "log-has-no-gap";
const once = "log-holds-each-operation-once";
const realTime = "log-order-is-real-time-order";
const stayClosed = "closed-sessions-stay-closed";
const replay = "state-is-the-replay-of-the-log";

function holds(player: number, last: number, device = 1): ObservedRecord {
  const operations = Array.from({ length: last }, (_, at) => ({
    ...{ player, device, sequence: at + 1 },
  }));
  const checksum = sumOf(operations);
  return { player, device, found: 1, revision: last, highest: last, count: last, checksum };
}

interface Files {
  readonly ledger: Buffer;
  readonly audit?: Buffer;
  readonly observed?: readonly ObservedRecord[];
}

async function check({ ledger, audit, observed = [] }: Files, auditor = true) {
  const run = watchedRun({ auditor });
  await using fixture = await recordFixture(run, () => {}, {
    ledger,
    observed: encodeObserved(observed),
    ...optional({ audit }),
  });
  const reader = await openRecording(fixture.folder.path);
  const results = await checkRecording(reader);
  for (const parts of ledger.length < 1e6 ? [2, 3, 7] : [3]) {
    const partSize = ledger.length / 80 / parts;
    expect(await checkRecording(reader, { partSize })).toEqual(results);
  }
  return Object.fromEntries(results.map((result) => [result.id, result]));
}

function twoPlayers(): LedgerBuilder {
  return new LedgerBuilder().digs(1, 1, 4).digs(2, 1, 3);
}

const agreeing = () =>
  new AuditBuilder().record([]).digs(1, 1, 4).digs(2, 1, 3, { partition: 1, index: 0 });
const read = [holds(1, 4), holds(2, 3)];

describe("a log that agrees with ledger and final reads", () => {
  test("holds every guarantee, with what was checked counted", async () => {
    const results = await check({
      ...{ ledger: twoPlayers().closed(), audit: agreeing().closed(), observed: read },
    });
    expect(results[follows]).toMatchObject({ outcome: "held", checked: 3, of: "records" });
    expect(results[once]).toMatchObject({ outcome: "held", checked: 7, violations: 0 });
    expect(results[realTime]).toMatchObject({ outcome: "held", checked: 7 });
    expect(results[replay]).toMatchObject({ outcome: "held", checked: 2, of: "sessions" });
    expect(results[stayClosed]).toBeUndefined();
  });

  test("may hold an operation that was given up, or never answered, or not hold it", async () => {
    const ledger = twoPlayers()
      .did({ player: 1, sequence: 5 }, "unknown")
      .attempt({ player: 2, sequence: 4 });
    const audit = agreeing().digs(1, 5, 5).closed();
    const results = await check({
      ledger: ledger.closed(),
      audit,
      observed: [holds(1, 5), holds(2, 3)],
    });
    for (const id of [follows, once, realTime, replay]) expect(results[id]?.outcome).toBe("held");
  });

  test("may get an operation that was given up after the final read", async () => {
    const ledger = twoPlayers().did({ player: 1, sequence: 5 }, "unknown").closed();
    const results = await check({
      ledger,
      audit: agreeing().digs(1, 5, 5).closed(),
      observed: read,
    });
    expect(results[replay]?.outcome).toBe("held");
  });

  test("may hold a gateway's own closing, which counts in no device", async () => {
    const audit = agreeing()
      .record([{ player: 1, device: 0, sequence: 1, kind: 5 }])
      .closed();
    const results = await check({ ledger: twoPlayers().closed(), audit, observed: read });
    expect(results[stayClosed]).toMatchObject({
      outcome: "held",
      checked: 1,
      of: "closed sessions",
    });
    expect(results[once]?.outcome).toBe("held");
    expect(results[replay]?.outcome).toBe("held");
  });

  test("may hold operations that overlapped in time in either order", async () => {
    const ledger = new LedgerBuilder()
      .attempt({ player: 1, sequence: 1 })
      .attempt({ player: 2, sequence: 1 })
      .outcome({ player: 1, sequence: 1 }, "ok")
      .outcome({ player: 2, sequence: 1 }, "ok");
    const audit = new AuditBuilder().digs(2, 1, 1).digs(1, 1, 1).closed();
    const results = await check({
      ledger: ledger.closed(),
      audit,
      observed: [holds(1, 1), holds(2, 1)],
    });
    expect(results[realTime]?.outcome).toBe("held");
  });
});

type Rejected = readonly [string, string, () => { ledger: Buffer; audit: Buffer }, RegExp];

const rejected: readonly Rejected[] = [
  [
    "an operation that stands in it twice",
    once,
    () => ({ ledger: twoPlayers().closed(), audit: agreeing().digs(1, 2, 2).closed() }),
    /operation 2 stands in the log once more, in record 2 of partition 0 \(revision 4\)/,
  ],
  [
    "an operation that was refused",
    once,
    () => ({
      ledger: twoPlayers().did({ player: 1, sequence: 5 }, "fail").closed(),
      audit: agreeing().digs(1, 5, 5).closed(),
    }),
    /operation 5 was refused, but stands in/,
  ],
  [
    "an operation that nobody sent",
    once,
    () => ({ ledger: twoPlayers().closed(), audit: agreeing().digs(9, 1, 1).closed() }),
    /Player 9 .*nobody sent it/,
  ],
  [
    "a session that no player has",
    once,
    () => ({ ledger: twoPlayers().closed(), audit: agreeing().digs(0xffff_ffff, 1, 1).closed() }),
    /A session that no player has: operation 1 stands in .* nobody sent it/,
  ],
  [
    "an operation with other content than was sent",
    once,
    () => ({
      ledger: twoPlayers().attempt({ player: 1, sequence: 5 }).closed(),
      audit: agreeing()
        .record([{ player: 1, sequence: 5, digest: 1 }])
        .closed(),
    }),
    /with another content than its player sent/,
  ],
  [
    "a missing record",
    follows,
    () => ({ ledger: twoPlayers().closed(), audit: agreeing().record([], { index: 5 }).closed() }),
    /Record 5 of partition 0 was written at revision 4, but record 2 is missing/,
  ],
  [
    "a record that is written again",
    follows,
    () => ({ ledger: twoPlayers().closed(), audit: agreeing().record([], { index: 1 }).closed() }),
    /Record 1 of partition 0 .* but record 1 stood there before/,
  ],
  [
    "a revision that goes back",
    follows,
    () => ({
      ledger: twoPlayers().closed(),
      audit: agreeing().record([], { revision: 2 }).closed(),
    }),
    /came with revision 2, after revision 3/,
  ],
  [
    "a record of an owner that had lost the partition",
    follows,
    () => ({
      ledger: twoPlayers().closed(),
      audit: agreeing().record([], { epoch: 9 }).record([], { epoch: 1 }).closed(),
    }),
    /is of epoch 1: an owner that had lost the partition, since epoch 9/,
  ],
  [
    "something that is no record",
    follows,
    () => ({ ledger: twoPlayers().closed(), audit: agreeing().unreadable(0, 2).closed() }),
    /Record 2 of partition 0 can't be decoded/,
  ],
  [
    "two operations of one player in the wrong order",
    realTime,
    () => ({
      ledger: twoPlayers().closed(),
      audit: new AuditBuilder().digs(1, 3, 4).digs(1, 1, 2).digs(2, 1, 3).closed(),
    }),
    /operation 1 stands in record 1 of partition 0 \(revision 2\), behind player 1 \(.*\): operation 4, which was sent at/,
  ],
  [
    "operations of two players and partitions against the order in which one followed the other",
    realTime,
    () => ({
      ledger: twoPlayers().closed(),
      audit: new AuditBuilder().digs(2, 1, 3, { partition: 1 }).digs(1, 1, 4).closed(),
    }),
    /Player 1 .*behind player 2/,
  ],
  [
    "an operation after the session's closing",
    stayClosed,
    () => ({
      ledger: twoPlayers().closed(),
      audit: new AuditBuilder()
        .digs(1, 1, 3)
        .record([{ player: 1, device: 0, sequence: 1, kind: 5 }])
        .digs(1, 4, 4)
        .digs(2, 1, 3)
        .closed(),
    }),
    /operation 4 stands in record 2 of partition 0 .*after the session's closing/,
  ],
];

describe("a log that must be rejected", () => {
  test.each(rejected)("%s", async (_, guarantee, files, story) => {
    const results = await check({ ...files(), observed: read });
    expect(results[guarantee]?.example).toMatch(story);
    expect(results[guarantee]).toMatchObject({ outcome: "broken" });
    expect(results[guarantee]?.violations).toBeGreaterThan(0);
  });

  const states: readonly (readonly [string, ObservedRecord])[] = [
    ["a state that lacks an acknowledged operation", holds(1, 3)],
    ["a state with one more", holds(1, 5)],
    [
      "a state with as many, but others",
      { ...holds(1, 4), checksum: digestOf({ player: 1, sequence: 9 }) },
    ],
    ["no state at all", { ...holds(1, 0), found: 0 }],
  ];
  test.each(states)("%s is not what replaying gives", async (_, state) => {
    const results = await check({
      ...{
        ledger: twoPlayers().closed(),
        audit: agreeing().closed(),
        observed: [state, holds(2, 3)],
      },
    });
    expect(results[replay]).toMatchObject({ outcome: "broken", violations: 1 });
    expect(results[replay]?.example).toMatch(/^Player 1 .*; the log holds 4 with checksum \d+\.$/);
  });
});

describe("what cannot be told", () => {
  const every = [follows, once, realTime, replay];
  const damaged: readonly (readonly [string, Buffer | undefined, RegExp])[] = [
    ["without an audit", undefined, /audit\.bin is missing: what the log held is not known/],
    ["with one that did not see the end", agreeing().partial(), /did not see the end of the log/],
    ["with one that is cut off", agreeing().closed().subarray(0, -9), /cut off in the middle/],
    ["with an empty one", Buffer.alloc(0), /audit\.bin is no audit/],
    [
      "with garbage in it",
      Buffer.concat([
        agreeing().partial(),
        Buffer.alloc(16, 0x77),
        agreeing().closed().subarray(-16),
      ]),
      /entries of no known type/,
    ],
  ];
  test.each(damaged)("%s nothing is held, and nobody accused", async (_, audit, note) => {
    const files = { ledger: twoPlayers().closed(), observed: read };
    const results = await check({ ...files, ...optional({ audit }) });
    for (const id of every) {
      expect(results[id]?.outcome).toBe("unknown");
      expect(results[id]?.note).toMatch(note);
    }
  });

  test("a partial ledger leaves open who sent what the log holds", async () => {
    const results = await check({
      ...{
        ledger: twoPlayers().partial(),
        audit: agreeing().digs(9, 1, 1).closed(),
        observed: read,
      },
    });
    expect(results[once]).toMatchObject({ outcome: "unknown", violations: 0 });
    expect(results[follows]?.outcome).toBe("held");
  });

  test("records that were compacted away unseen leave it open what they held", async () => {
    const audit = agreeing().hole(4, 9).record([], { index: 5, revision: 10 }).closed();
    const results = await check({ ledger: twoPlayers().closed(), audit, observed: read });
    for (const id of every) expect(results[id]?.outcome).toBe("unknown");
    expect(results[follows]?.note).toMatch(
      /3 records were compacted away before the auditor saw them/,
    );
  });

  test("a hole in which no record was written is none", async () => {
    const audit = agreeing().hole(4, 9).record([], { revision: 10 }).closed();
    const results = await check({ ledger: twoPlayers().closed(), audit, observed: read });
    for (const id of every) expect(results[id]?.outcome).toBe("held");
  });

  test("a run without an auditor promises nothing of its log", async () => {
    const results = await check({ ledger: twoPlayers().closed(), observed: read }, false);
    for (const id of every) expect(results[id]).toBeUndefined();
  });
});
