import { describe, expect, test } from "vitest";
import { checkRecording } from "../../../../test/fixtures/check-recording.ts";
import {
  LedgerBuilder,
  type Operation,
  type Outcome,
  sumOf,
} from "../../../../test/fixtures/ledger-builder.ts";
import { recordFixture, sampleRun } from "../../../../test/fixtures/synthetic-recording.ts";
import { optional } from "../../../optional.ts";
import { openRecording } from "../../../recording/recording-reader.ts";
import type { RecordingWriter } from "../../../recording/recording-writer.ts";
import type { TimelineEvent } from "../../../recording/timeline/events.ts";
import { encodeObserved, type ObservedRecord } from "../files/observed-file.ts";

const lost = "nothing-acknowledged-is-lost";
const twice = "nothing-is-applied-twice";
const unasked = "nothing-else-appears";

/** The state of a player that holds exactly these operations, in this multiplicity. */
function holds(player: number, sequences: readonly number[], device = 1): ObservedRecord {
  const operations = sequences.map((sequence) => ({ player, sequence, device }));
  return {
    player,
    device,
    found: 1,
    revision: sequences.length,
    highest: Math.max(0, ...sequences),
    count: sequences.length,
    checksum: sumOf(operations),
  };
}

function to(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function check(
  ledger: Buffer | undefined,
  observed: readonly ObservedRecord[] | undefined,
  events: readonly TimelineEvent[] = [],
) {
  const write = (writer: RecordingWriter) => {
    for (const event of events) writer.event(event);
  };
  await using fixture = await recordFixture(sampleRun, write, {
    ...optional({ ledger }),
    ...(observed === undefined ? {} : { observed: encodeObserved(observed) }),
  });
  const results = await checkRecording(await openRecording(fixture.folder.path));
  return Object.fromEntries(results.map((result) => [result.id, result]));
}

function outcomes(results: Awaited<ReturnType<typeof check>>): string[] {
  return [lost, twice, unasked].map((id) => results[id]?.outcome ?? "absent");
}

describe("a ledger and final reads that agree", () => {
  test("hold all guarantees, with the operations counted and a bound for duplicates", async () => {
    const ledger = new LedgerBuilder().digs(1, 1, 200).digs(2, 1, 100).closed();
    const results = await check(ledger, [holds(1, to(200)), holds(2, to(100))]);
    expect(outcomes(results)).toEqual(["held", "held", "held"]);
    expect(results[twice]).toMatchObject({ checked: 300, violations: 0, upperBound95: 0.01 });
  });

  const unknowns: [string, Outcome | "never answered", number[]][] = [
    ["an unknown operation that was applied", "unknown", [1, 2, 3]],
    ["an unknown operation that was not applied", "unknown", [1, 2]],
    ["an unanswered attempt that was applied", "never answered", [1, 2, 3]],
    ["an unanswered attempt that was not applied", "never answered", [1, 2]],
  ];
  test.each(unknowns)("hold with %s", async (_, outcome, applied) => {
    const ledger = new LedgerBuilder().digs(1, 1, 2).attempt({ player: 1, sequence: 3 });
    if (outcome !== "never answered") ledger.outcome({ player: 1, sequence: 3 }, outcome);
    const results = await check(ledger.closed(), [holds(1, applied)]);
    expect(outcomes(results)).toEqual(["held", "held", "held"]);
  });

  test("hold with one of several unknown operations applied, whichever it was", async () => {
    const ledger = new LedgerBuilder().digs(1, 1, 5);
    for (const sequence of [6, 7, 8, 9]) ledger.did({ player: 1, sequence }, "unknown");
    const results = await check(ledger.closed(), [holds(1, [...to(5), 7, 9])]);
    expect(outcomes(results)).toEqual(["held", "held", "held"]);
  });

  test("hold for a player whose first operation was refused and who has no session", async () => {
    const ledger = new LedgerBuilder().digs(1, 1, 3).did({ player: 2, sequence: 1 }, "fail");
    const results = await check(ledger.closed(), [holds(1, to(3)), { ...holds(2, []), found: 0 }]);
    expect(outcomes(results)).toEqual(["held", "held", "held"]);
  });

  test("hold for a ledger of version 1", async () => {
    const ledger = new LedgerBuilder(1).digs(1, 1, 3).closed();
    expect(outcomes(await check(ledger, [holds(1, to(3))]))).toEqual(["held", "held", "held"]);
  });

  test("tell the devices of a player apart", async () => {
    const other: Operation = { player: 1, sequence: 1, device: 2 };
    const ledger = new LedgerBuilder().digs(1, 1, 3).did(other).closed();
    const good = await check(ledger, [holds(1, to(3)), holds(1, [1], 2)]);
    expect(outcomes(good)).toEqual(["held", "held", "held"]);
    const bad = await check(ledger, [holds(1, to(3)), holds(1, [], 2)]);
    expect(bad[lost]).toMatchObject({ outcome: "broken", violations: 1 });
  });
});

describe("histories that must be rejected", () => {
  test("a lost operation is told with the fault that was on while it was under way", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 8).closed();
    const life = (t: number, state: "armed" | "injected"): TimelineEvent => ({
      ...{ t, kind: "fault", fault: "kill-1", state },
      resolvedTo: ["etcd/2"],
    });
    const faults = [life(0, "armed"), life(0.0005, "injected")];
    const results = await check(ledger, [holds(4, [1, 2, 3, 4, 5, 7, 8])], faults);
    expect(results[lost]?.example).toContain("during kill-1 on etcd/2 (since 0.0 s)");
    const before = await check(ledger, [holds(4, [1, 3, 4, 5, 6, 7, 8])], faults);
    expect(before[lost]?.example).toContain("with no fault on");
  });

  test("one operation applied twice is found and named", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 50).closed();
    const results = await check(ledger, [holds(4, [...to(50), 21])]);
    expect(outcomes(results)).toEqual(["held", "broken", "held"]);
    expect(results[twice]).toMatchObject({ violations: 1, upperBound95: null });
    expect(results[twice]?.example).toContain("operation 21 ");
  });

  test("an unknown operation applied twice is a duplicate", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 9).did({ player: 4, sequence: 10 }, "unknown");
    const results = await check(ledger.closed(), [holds(4, [...to(10), 10])]);
    expect(outcomes(results)).toEqual(["held", "broken", "held"]);
  });

  test("one lost and one applied twice do not hide each other in an equal count", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 50).closed();
    const kept = to(50).filter((sequence) => sequence !== 7);
    const results = await check(ledger, [holds(4, [...kept, 30])]);
    expect(outcomes(results)).toEqual(["broken", "broken", "held"]);
    expect(results[lost]?.example).toContain("operation 7 ");
    expect(results[twice]?.example).toContain("operation 30 ");
  });

  test("a lost operation is not excused by an unknown one that was applied", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 9).did({ player: 4, sequence: 10 }, "unknown");
    const kept = to(10).filter((sequence) => sequence !== 3);
    const results = await check(ledger.closed(), [holds(4, kept)]);
    expect(results[lost]).toMatchObject({ outcome: "broken", violations: 1 });
    expect(results[lost]?.example).toContain("operation 3 ");
  });

  test("a lost tail counts every operation of it", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 50).closed();
    const results = await check(ledger, [holds(4, to(38))]);
    expect(results[lost]).toMatchObject({ outcome: "broken", violations: 12 });
    expect(results[lost]?.example).toContain("operations 39, 40, 41 and 9 more");
  });

  test("several lost operations, none beside another, are losses and nothing else", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 20).closed();
    const kept = to(20).filter((sequence) => ![3, 9, 11, 17].includes(sequence));
    const results = await check(ledger, [holds(4, kept)]);
    expect(outcomes(results)).toEqual(["broken", "held", "held"]);
    expect(results[lost]).toMatchObject({ violations: 4 });
    expect(results[lost]?.example).toContain("operations 3, 9, 11 and 1 more");
  });

  test("an acknowledged session that does not exist has lost all its operations", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 8).closed();
    const results = await check(ledger, [{ ...holds(4, []), found: 0 }]);
    expect(results[lost]).toMatchObject({ outcome: "broken", violations: 8 });
    expect(results[lost]?.example).toContain("there is no such session");
  });

  test("a refused operation that was applied all the same is found and named", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 8).did({ player: 4, sequence: 9 }, "fail");
    const results = await check(ledger.closed(), [holds(4, to(9))]);
    expect(outcomes(results)).toEqual(["held", "held", "broken"]);
    expect(results[unasked]?.example).toContain("operation 9 was refused");
  });

  test("a state that nothing explains is broken, whatever its count", async () => {
    const ledger = new LedgerBuilder().digs(4, 1, 8).closed();
    const same = await check(ledger, [{ ...holds(4, to(8)), checksum: 1 }]);
    expect(same[unasked]).toMatchObject({ outcome: "broken", violations: 1 });
    const fewer = await check(ledger, [{ ...holds(4, to(6)), checksum: 1 }]);
    expect(fewer[lost]).toMatchObject({ outcome: "broken", violations: 2 });
  });

  test("a session that nobody wrote to is found", async () => {
    const ledger = new LedgerBuilder().digs(1, 1, 3).closed();
    const results = await check(ledger, [holds(1, to(3)), holds(2, to(2))]);
    expect(results[unasked]).toMatchObject({ outcome: "broken" });
  });
});

describe("what cannot be told is unknown, never held", () => {
  const complete = new LedgerBuilder().digs(1, 1, 5);
  const whole = Buffer.from(complete.closed());
  const cases: [string, Buffer | undefined, ObservedRecord[] | undefined, string][] = [
    ["no ledger", undefined, [holds(1, to(5))], "ledger.bin is missing"],
    ["no final reads", whole, undefined, "observed.bin is missing"],
    ["an unread session", whole, [], "1 sessions were not read"],
    ["an unreadable session", whole, [{ ...holds(1, []), found: 2 }], "could not be read"],
    ["an empty ledger", new LedgerBuilder().closed(), [], "holds no operation"],
    ["a ledger of another version", new LedgerBuilder(9).closed(), [], "has version 9"],
    [
      "reads in a ledger of version 1",
      new LedgerBuilder(1).digs(1, 1, 5).readSent({ player: 1, number: 1 }).closed(),
      [holds(1, to(5))],
      "1 records of no known type",
    ],
    ["a ledger that was not closed", whole.subarray(0, -40), [holds(1, to(5))], "was not closed"],
    [
      "a ledger cut in a record",
      whole.subarray(0, -55),
      [holds(1, to(5))],
      "the middle of a record",
    ],
    [
      "an outcome without an attempt",
      new LedgerBuilder().outcome({ player: 1, sequence: 1 }, "ok").closed(),
      [holds(1, [1])],
      "contradicts itself on 1 sessions",
    ],
  ];
  test.each(cases)("%s", async (_, ledger, observed, note) => {
    const results = await check(ledger, observed);
    expect(outcomes(results)).toEqual(["unknown", "unknown", "unknown"]);
    expect(results[lost]?.note).toContain(note);
  });

  test("a partial ledger still convicts what is certainly lost, and nothing else", async () => {
    const ledger = new LedgerBuilder().digs(1, 1, 5).digs(2, 1, 5).partial();
    const results = await check(ledger, [holds(1, to(3)), holds(2, [...to(5), 6])]);
    expect(outcomes(results)).toEqual(["broken", "unknown", "unknown"]);
    expect(results[lost]?.violations).toBe(2);
  });

  test("more unknown operations than can be tried leave a session undecided", async () => {
    const ledger = new LedgerBuilder().digs(1, 1, 5);
    for (let sequence = 6; sequence <= 46; sequence += 1) {
      ledger.did({ player: 1, sequence }, "unknown");
    }
    const state = { ...holds(1, to(25)), checksum: 1 };
    const results = await check(ledger.closed(), [state]);
    expect(outcomes(results)).toEqual(["unknown", "unknown", "unknown"]);
    expect(results[lost]?.note).toContain("decided");
  });

  test("a whole run of such sessions is decided or given up within a bound", async () => {
    const ledger = new LedgerBuilder();
    const observed: ObservedRecord[] = [];
    for (let player = 0; player < 2000; player += 1) {
      ledger.digs(player, 1, 2);
      for (let sequence = 3; sequence <= 42; sequence += 1) {
        ledger.did({ player, sequence }, "unknown");
      }
      observed.push({ ...holds(player, to(22)), checksum: 1 });
    }
    const results = await check(ledger.closed(), observed);
    expect(outcomes(results)).toEqual(["unknown", "unknown", "unknown"]);
    expect(results[lost]?.note).toContain("2000 sessions could not be read or decided");
  });
});
