import { expect, test } from "vitest";
import { checkRecording } from "../../../../../test/fixtures/check-recording.ts";
import { recordFixture, watchedRun } from "../../../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../../../recording/recording-reader.ts";
import type { TimelineEvent } from "../../../../recording/timeline/events.ts";
import { summarise } from "../../../../verdict/summarise.ts";
import { guarantees } from "../guarantees.ts";

type ComparisonEvent = Extract<TimelineEvent, { kind: "comparison" }>;

const cost = { tookMs: 300, cpuSeconds: 0.1 };

function compared(t: number, warm: number, other: Partial<ComparisonEvent> = {}): ComparisonEvent {
  const hashes = { "etcd/1": 7, "etcd/2": 7, "etcd/3": 7, "warm/1": warm };
  const state = warm === 7 ? "equal" : "unequal";
  const revisions = { revision: 90, compactRevision: 50 };
  const found = { state, drained: t > 20, ...revisions, hashes, ...cost, ...other } as const;
  return { kind: "comparison", lane: "sessions", t, ...found };
}

function notCompared(t: number, detail: string): ComparisonEvent {
  return { kind: "comparison", lane: "sessions", t, state: "unknown", detail, ...cost };
}

async function check(events: readonly TimelineEvent[], warmFollower = true) {
  await using fixture = await recordFixture(watchedRun({ warmFollower }), (writer) => {
    for (const event of events) writer.event(event);
  });
  const results = await checkRecording(await openRecording(fixture.folder.path));
  return results.filter(({ id }) => id === guarantees.followers.id);
}

test("copies that were equal during and after the load hold the guarantee", async () => {
  expect(await check([compared(10, 7), compared(20.4, 7)])).toMatchObject([
    { outcome: "held", checked: 2, violations: 0 },
  ]);
});

test("a copy that differs breaks it, whatever later ones show, and the odd one is named", async () => {
  const [result] = await check([compared(10, 8), compared(20.4, 7)]);
  expect(result).toMatchObject({ outcome: "broken", checked: 2, violations: 1 });
  expect(result?.example).toBe(
    "at 10.0 s the data at revision 90 has the hash warm/1 8, but on etcd/1, etcd/2, etcd/3 7.",
  );
});

test("hashes that differ are a difference even where the recording says equal", async () => {
  const lie = compared(20.4, 8, { state: "equal" });
  expect(await check([lie])).toMatchObject([{ outcome: "broken", violations: 1 }]);
});

test("a comparison without a hash confirms nothing", async () => {
  expect(await check([compared(20.4, 7, { hashes: {} })])).not.toMatchObject([{ outcome: "held" }]);
});

const undecided: [string, readonly TimelineEvent[], RegExp][] = [
  ["no comparison", [], /no snapshot was compared/],
  ["none after the load", [compared(10, 7)], /ended before the comparison after its load/],
  [
    "a last one that could not be made",
    [compared(10, 7), notCompared(20.4, "etcd/2 has not applied revision 90 within 10 s")],
    /could not be made: etcd\/2 has not applied/,
  ],
];

test.each(undecided)("%s leaves it unknown, with the reason", async (_, events, note) => {
  expect(await check(events)).toMatchObject([
    { outcome: "unknown", violations: 0, note: expect.stringMatching(note) },
  ]);
});

test("a run without a warm follower is not held to it", async () => {
  expect(await check([], false)).toEqual([]);
});

test("the summary tells how long snapshots took and what each comparison found", async () => {
  const run = watchedRun({ warmFollower: true });
  const snapshot = {
    ...({ kind: "snapshot", lane: "sessions", state: "taken", node: "etcd/2" } as const),
    cpuSeconds: 0.05,
  };
  await using fixture = await recordFixture(run, (writer) => {
    writer.event({ ...snapshot, t: 10, bytes: 4_000, tookMs: 90 });
    writer.event({
      kind: "snapshot",
      lane: "sessions",
      state: "failed",
      t: 15,
      tookMs: 5,
      detail: "no follower answers",
    });
    writer.event({ ...snapshot, t: 20, bytes: 6_000, tookMs: 120 });
    writer.event(compared(20.4, 7));
  });
  const reader = await openRecording(fixture.folder.path);
  const summary = await summarise(reader, async () => []);
  const { warmFollower } = summary.lanes["sessions"]?.extras ?? {};
  expect(warmFollower).toMatchObject({
    snapshots: { taken: 2, failed: 1, bytesMax: 6_000, tookMs: { median: 120, max: 120 } },
    comparisons: [{ atS: 20.4, state: "equal", revision: 90, hashes: { "warm/1": 7 } }],
  });
  expect(warmFollower?.cpuSeconds).toBeCloseTo(0.2);
});
