import { expect, test } from "vitest";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { summarise } from "../summarise.ts";

type AlarmEvent = Extract<TimelineEvent, { kind: "alarm" }>;

const nospace = { kind: "alarm", node: "etcd/1", alarm: "NOSPACE", detail: "it is full" } as const;
const corrupt = { ...nospace, node: "etcd/2", alarm: "CORRUPT", detail: "data differs" } as const;
const breached = ["sessions.dig.p99 < 2ms @steady"];

async function verdictOf(events: readonly TimelineEvent[], run: Partial<RunDocument> = {}) {
  await using fixture = await recordFixture({ ...sampleRun, ...run }, (writer) => {
    for (let second = 0; second < 20; second += 1) writeQuietSecond(writer, second);
    for (const event of events) writer.event(event);
  });
  return (await summarise(await openRecording(fixture.folder.path), async () => [])).verdict;
}

test("an alarm is the first reason of a breach, with its members, its kind and when it was cleared", async () => {
  const events: AlarmEvent[] = [
    { ...nospace, t: 6.14, state: "raised" },
    { ...nospace, t: 6.2, node: "etcd/3", state: "raised" },
    { ...nospace, t: 9, state: "cleared" },
  ];
  const verdict = await verdictOf(events, { budgets: breached });
  expect(verdict).toMatchObject({ outcome: "breach", exitCode: 99 });
  expect(verdict.reasons[0]).toBe(
    "The alarm NOSPACE was raised on etcd/1 by 6.1 s (cleared by 9.0 s), on etcd/3 by 6.2 s (not cleared): it is full.",
  );
  expect(verdict.reasons[1]).toContain("is breached");
});

test("an alarm that broke no budget is said all the same, before the pass", async () => {
  const verdict = await verdictOf([{ ...nospace, t: 6, state: "raised" }]);
  expect(verdict).toMatchObject({ outcome: "pass", exitCode: 0 });
  expect(verdict.reasons[0]).toContain("The alarm NOSPACE was raised on etcd/1");
  expect(verdict.reasons).toHaveLength(2);
});

test("a run in which etcd called its data corrupt never passes, though every budget held", async () => {
  const verdict = await verdictOf([{ ...corrupt, t: 6, state: "raised" }]);
  expect(verdict).toMatchObject({ outcome: "inconclusive", exitCode: 4 });
  expect(verdict.reasons).toEqual([
    "The alarm CORRUPT was raised on etcd/2 by 6.0 s (not cleared): data differs.",
  ]);
});

test("the raise of a recording of an older hunt, without a state, is read as one", async () => {
  const verdict = await verdictOf([{ ...nospace, t: 6 }], { budgets: breached });
  expect(verdict.reasons[0]).toContain("NOSPACE was raised on etcd/1 by 6.0 s (not cleared)");
});

test("the alarm that a fault is there to raise belongs to the fault; others stay reasons", async () => {
  const fault = {
    id: "full",
    kind: "space-alarm",
    target: "etcd/1",
    lanes: ["sessions"],
    atS: 8,
    forS: 4,
  };
  const life = (["armed", "injected", "evidence", "healed", "recovered"] as const).map(
    (state, index): TimelineEvent => ({
      t: [8, 9, 9.1, 12, 13][index] ?? 0,
      kind: "fault",
      fault: "full",
      state,
      resolvedTo: ["etcd/1"],
      detail: "NOSPACE",
    }),
  );
  const raisedAt = async (t: number, alarm: typeof nospace | typeof corrupt) => {
    const events: TimelineEvent[] = [...life, { ...alarm, t, state: "raised" }];
    return (await verdictOf(events, { faults: [fault] })).reasons[0];
  };
  expect(await raisedAt(8.6, nospace)).not.toContain("alarm");
  expect(await raisedAt(13.8, nospace)).not.toContain("alarm");
  expect(await raisedAt(7, nospace)).toContain("The alarm NOSPACE");
  expect(await raisedAt(17, nospace)).toContain("The alarm NOSPACE");
  expect(await raisedAt(10, corrupt)).toContain("The alarm CORRUPT");
});
