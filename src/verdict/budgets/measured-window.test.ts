import { expect, test } from "vitest";
import {
  phasedRun,
  recordFixture,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { summarise } from "../summarise.ts";
import { measuredWindow } from "./measured-window.ts";

const warmup = { name: "warmup", startS: 0, endS: 5 };

test.each<[string, Pick<RunDocument, "durationS" | "phases">, [number, number][]]>([
  ["the warm-up ends", { durationS: 20, phases: [warmup] }, [[5, 20]]],
  ["there is no phase", { durationS: 19.5, phases: [] }, [[0, 20]]],
  [
    "the last phase ended before the load",
    { durationS: 40, phases: [warmup, { name: "steady", startS: 5, endS: 15 }] },
    [[5, 40]],
  ],
  [
    "the last phase ended after the load",
    { durationS: 40, phases: [warmup, { name: "steady", startS: 5, endS: 60 }] },
    [[5, 40]],
  ],
  [
    "phases left seconds between them",
    {
      durationS: 20,
      phases: [
        { name: "ramp", startS: 1, endS: 4 },
        { name: "steady", startS: 9, endS: 15 },
      ],
    },
    [[0, 20]],
  ],
  [
    "the warm-up came in the middle",
    { durationS: 20, phases: [{ name: "warmup", startS: 6, endS: 9 }] },
    [
      [0, 6],
      [9, 20],
    ],
  ],
])("every second of the load but the warm-up counts: %s", (_, run, expected) => {
  expect(measuredWindow(run).map(({ startS, endS }) => [startS, endS])).toEqual(expected);
});

test("a budget without a phase judges the seconds behind the last phase too", async () => {
  const run: RunDocument = {
    ...phasedRun([warmup, { name: "steady", startS: 5, endS: 10 }]),
    budgets: ["sessions.dig.max < 60ms", "sessions.dig.max < 60ms @steady"],
  };
  await using fixture = await recordFixture(run, (writer) => {
    for (let second = 0; second < 20; second += 1) {
      writeQuietSecond(writer, second, second === 14 ? 2_514_000 : 4_000);
    }
  });
  const summary = await summarise(await openRecording(fixture.folder.path), async () => []);
  expect(summary.measured).toEqual([{ startS: 5, endS: 20 }]);
  expect(summary.budgets.map(({ outcome }) => outcome)).toEqual(["breached", "held"]);
  expect(summary.budgets[0]?.observed).toBeGreaterThan(2_500);
  expect(summary.verdict).toMatchObject({ outcome: "breach", exitCode: 99 });
});
