import { describe, expect, test } from "vitest";
import { checkRecording } from "../../../../../test/fixtures/check-recording.ts";
import { LedgerBuilder } from "../../../../../test/fixtures/ledger-builder.ts";
import {
  counts,
  recordFixture,
  sampleRun,
} from "../../../../../test/fixtures/synthetic-recording.ts";
import { optional } from "../../../../optional.ts";
import { openRecording } from "../../../../recording/recording-reader.ts";
import type { TimelineEvent } from "../../../../recording/timeline/events.ts";

const back = "reads-never-go-back";
const stale = "reads-show-what-was-acknowledged";
const late = "reads-are-fresh-after-a-second";

type Compared = Extract<TimelineEvent, { kind: "reads" }>;

/** 100 reads of a second, of which 40 asked for a revision and 60 came a second after one. */
function reads(t: number, other: Partial<Compared> = {}): Compared {
  const none = { back: 0, stale: 0, late: 0 };
  return {
    t,
    kind: "reads",
    lane: "sessions",
    checked: 100,
    asked: 40,
    settled: 60,
    ...none,
    ...other,
  };
}

function fault(t: number, state: "armed" | "injected" | "healed" | "recovered"): TimelineEvent {
  return { t, kind: "fault", fault: "pause-1", state, resolvedTo: ["proxy/1"] };
}

function violation(
  t: number,
  rule: "back" | "stale" | "late",
  acknowledgedAtS?: number,
): TimelineEvent {
  const acknowledged = optional({ acknowledgedAtS });
  const read = { player: 7, wanted: 12, got: 9, ...acknowledged };
  return { t, kind: "read-violation", lane: "sessions", rule, ...read };
}

async function check(events: readonly TimelineEvent[], answered = 0) {
  await using fixture = await recordFixture(
    sampleRun,
    (writer) => {
      for (const event of events) writer.event(event);
      if (answered > 0) writer.counts(6, "sessions.read", counts(answered));
    },
    { ledger: new LedgerBuilder().digs(1, 1, 3).closed() },
  );
  const results = await checkRecording(await openRecording(fixture.folder.path));
  return Object.fromEntries(results.map((result) => [result.id, result]));
}

describe("reads that were compared", () => {
  test("hold their guarantees, each with the number of reads it rests on", async () => {
    const results = await check([reads(1, { settled: 0 }), reads(6), reads(7)], 300);
    expect(results[back]).toMatchObject({ outcome: "held", checked: 300, of: "reads" });
    expect(results[stale]).toMatchObject({ outcome: "held", checked: 120 });
    expect(results[late]).toMatchObject({ outcome: "held", checked: 120, upperBound95: 0.025 });
  });

  test("promise nothing where a run has none, or none that asked for a revision", async () => {
    expect((await check([]))[back]).toBeUndefined();
    const results = await check([reads(6, { asked: 0 })]);
    expect(results[back]).toMatchObject({ outcome: "held" });
    expect(results[stale]).toBeUndefined();
  });

  test("may be late while a fault is on, and until a while after it", async () => {
    const faulty = [
      fault(5, "armed"),
      fault(6.2, "injected"),
      fault(8, "healed"),
      fault(9, "recovered"),
    ];
    const late1 = { late: 60 };
    const results = await check([
      reads(4),
      ...faulty,
      reads(6, late1),
      reads(8, late1),
      reads(13, late1),
      reads(16),
    ]);
    expect(results[late]).toMatchObject({ outcome: "held", checked: 120, violations: 0 });
  });
});

describe("reads that must be rejected", () => {
  test("one that went back is told with the fault that was on", async () => {
    const faulty = [fault(5, "armed"), fault(6.2, "injected")];
    const results = await check([...faulty, reads(7, { back: 1 }), violation(7.25, "back")]);
    expect(results[back]).toMatchObject({ outcome: "broken", violations: 1 });
    expect(results[back]?.example).toBe(
      "Player 7 (session s-000000007, device 1) read at 7.250 s and got revision 9; an earlier read of the player had returned revision 12, during pause-1 on proxy/1 (since 6.2 s).",
    );
  });

  test("one that returned less than it asked for is found", async () => {
    const results = await check([reads(7, { stale: 1 }), violation(7.25, "stale")]);
    expect(results[stale]).toMatchObject({ outcome: "broken", violations: 1 });
    expect(results[stale]?.example).toContain("asked for at least revision 12, with no fault on");
  });

  test("one that was late before a fault is found, and those during it are not its example", async () => {
    const faulty = [fault(9, "armed"), fault(9.2, "injected"), fault(10, "recovered")];
    const results = await check([
      ...faulty,
      reads(9, { late: 5 }),
      violation(9.5, "late", 8),
      reads(7, { late: 2 }),
      violation(7.5, "late", 6.25),
    ]);
    expect(results[late]).toMatchObject({ outcome: "broken", violations: 2, checked: 60 });
    expect(results[late]?.example).toContain("read at 7.500 s and got revision 9");
    expect(results[late]?.example).toContain("acknowledged revision 12 at 6.250 s");
  });

  test("a fault that healed long ago excuses nothing", async () => {
    const faulty = [fault(1, "armed"), fault(1.2, "injected"), fault(2, "recovered")];
    const results = await check([...faulty, reads(7.0, { late: 1 }), reads(8, { late: 1 })]);
    expect(results[late]).toMatchObject({ outcome: "broken", violations: 1 });
  });
});

describe("reads of which too little is known", () => {
  test("leave freshness open when all of them overlapped a fault", async () => {
    const results = await check([fault(1, "armed"), fault(2, "injected"), reads(6), reads(7)]);
    expect(results[late]).toMatchObject({ outcome: "unknown", checked: 0 });
    expect(results[late]?.note).toContain("outside of faults");
    expect(results[back]).toMatchObject({ outcome: "held" });
  });

  test("leave all open when answered ones were not compared", async () => {
    const results = await check([reads(6)], 150);
    expect(results[back]).toMatchObject({ outcome: "unknown" });
    expect(results[late]?.note).toContain("of 150 answered reads 50 were not compared");
  });
});
