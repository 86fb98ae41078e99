import { expect, test } from "vitest";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { summarise } from "../summarise.ts";

type OtherRunEvent = Extract<TimelineEvent, { kind: "other-run" }>;

const run = { kind: "other-run", what: "run", name: "run-a", pid: 11, folder: "/a/run-a" } as const;
const backend = { ...run, what: "backend", name: "default", folder: "/s/default" } as const;

async function summaryOf(events: readonly OtherRunEvent[], limitMs: number, cpuLate = false) {
  const budgets = [`sessions.dig.p99 < ${limitMs}ms @steady`];
  await using fixture = await recordFixture({ ...sampleRun, budgets }, (writer) => {
    for (let second = 0; second < 20; second += 1) writeQuietSecond(writer, second);
    if (cpuLate) writer.sample(9, "generator.queue", 0.9);
    for (const event of events) writer.event(event);
  });
  return summarise(await openRecording(fixture.folder.path), async () => []);
}

const sentence =
  "Another run of hunt used this machine: run-a, pid 11, /a/run-a, from 6.0 s to 9.5 s. Two at once make each other late.";
const beside: readonly OtherRunEvent[] = [
  { ...run, t: 6, state: "came" },
  { ...run, t: 9.5, state: "left" },
];

test("another run is a reason of a breach and of what could not be told, with its pid and folder", async () => {
  const breach = await summaryOf(beside, 2);
  expect(breach.verdict.outcome).toBe("breach");
  expect(breach.verdict.reasons.at(-1)).toBe(sentence);
  const open = await summaryOf(beside, 20, true);
  expect(open.verdict).toMatchObject({ outcome: "inconclusive", spoiledBy: ["generator"] });
  expect(open.verdict.reasons.at(-1)).toBe(sentence);
});

test("a run that passed beside another one passes, and its notes say so", async () => {
  const { verdict, notes } = await summaryOf(beside, 20);
  expect(verdict).toMatchObject({ outcome: "pass", exitCode: 0 });
  expect(verdict.reasons).toHaveLength(1);
  expect(notes).toContain(sentence);
});

test("one that was gone before the load is not told, and a backend that stays is a note alone", async () => {
  const before: OtherRunEvent[] = [
    { ...run, t: -3, state: "there" },
    { ...run, t: -1, state: "left" },
    { ...backend, t: 0, state: "there" },
  ];
  const { verdict, notes } = await summaryOf(before, 2);
  expect(verdict.reasons).toHaveLength(1);
  expect(notes.join()).toBe(
    "A backend that stays was up on this machine: default, pid 11, /s/default, from 0.0 s to the end. Without load that takes little.",
  );
});
