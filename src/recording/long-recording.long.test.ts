import { appendFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hdr, recordFixture, sampleRun } from "../../test/fixtures/synthetic-recording.ts";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import type { SecondWindow } from "../metrics/seconds.ts";
import { RecordedHistograms } from "./recorded-histograms.ts";
import { openRecording } from "./recording-reader.ts";
import { runFile } from "./run-folder.ts";
import { eachLine, type LinePlace } from "./timeline/recorded-lines.ts";

/** More than the characters that a string can have. */
const beyondAString = 560 * 1024 * 1024;
const series = "sessions.dig.response";

test("a timeline that is longer than any string is read to its end", async () => {
  await using fixture = await recordFixture(sampleRun, () => {});
  const timeline = runFile(fixture.folder, "timeline");
  await writeFile(timeline, '{"t":1,"kind":"note","text":"evening"}\n');
  // A hole takes no room on the disk; it is read as one line of zeros.
  await truncate(timeline, beyondAString);
  await appendFile(timeline, '\n{"t":2,"kind":"note","text":"morning"}\n');
  const { timeline: read, problems } = await openRecording(fixture.folder.path);
  expect(read.events).toMatchObject([{ text: "evening" }, { text: "morning" }]);
  expect(problems).toEqual([
    "timeline.ndjson: line 2 was left out: it is longer than 4194304 bytes.",
  ]);
});

test("lines are the same however the file is cut into chunks, and are told where they stand", async () => {
  const path = join(temporaryFolder(), "lines");
  const lines = ["one", "", "zwölf 👩‍🚀", "x".repeat(50)];
  await writeFile(path, `${lines.join("\n")}\nhalf`);
  for (const chunkBytes of [1, 7, 1000]) {
    const found: [string, LinePlace][] = [];
    const visit = (line: string, place: LinePlace) => found.push([line, place]);
    const problems = await eachLine(path, { name: "lines", live: false, visit, chunkBytes });
    expect(found).toEqual([
      ["one", { offset: 0, length: 3 }],
      ["zwölf 👩‍🚀", { offset: 5, length: 18 }],
      ["x".repeat(50), { offset: 24, length: 50 }],
    ]);
    expect(problems).toEqual(["lines: the last line is cut off and was left out."]);
  }
});

const windows: readonly SecondWindow[] = [
  [{ startS: 0, endS: 2000 }],
  [{ startS: 600, endS: 1200 }],
  [{ startS: 599, endS: 1201 }],
  [
    { startS: 0, endS: 700 },
    { startS: 700, endS: 1300 },
    { startS: 1301, endS: 1302 },
  ],
  [{ startS: 5000, endS: 6000 }],
];

test("histograms that do not stay in memory add up to the same, late ones included", async () => {
  await using fixture = await recordFixture(sampleRun, (writer) => {
    for (let second = 0; second < 1500; second += 1) {
      writer.histogram(series, second, hdr(1000 + second, 10, 5_000_000 + second));
      // Late answers, also to a block that was summed up already.
      if (second % 100 === 0) writer.histogram(series, Math.max(0, second - 7), hdr(9e6, 1));
    }
  });
  const path = runFile(fixture.folder, "latency");
  const read = async (bucketsKept: number) => {
    const histograms = new RecordedHistograms(path, { bucketsKept });
    const visit = (line: string, place: LinePlace) => histograms.addLine(line, place);
    await eachLine(path, { name: "latency.hlog", live: false, visit });
    return histograms;
  };
  const [kept, unkept] = [await read(Number.POSITIVE_INFINITY), await read(0)];
  for (const window of windows) {
    const figures = unkept.merged([series], window).figures();
    expect(figures).toEqual(kept.merged([series], window).figures());
    const singles = window.flatMap(({ startS, endS }) => {
      const seconds = [...unkept.bySecond(series, { startS, endS })];
      return seconds.map(({ second }) => second);
    });
    expect(singles).toEqual(secondsOf(window));
  }
  expect(unkept.merged([series], [{ startS: 593, endS: 594 }]).count).toBe(12);
  const [late] = [...unkept.bySecond(series, { startS: 593, endS: 594 })];
  expect(late?.histogram.figures()).toEqual(
    kept.merged([series], [{ startS: 593, endS: 594 }]).figures(),
  );
  expect(unkept.at(3, () => true)).toEqual(kept.at(3, () => true));
});

function secondsOf(window: SecondWindow): number[] {
  return window.flatMap(({ startS, endS }) =>
    Array.from({ length: endS - startS }, (_, at) => startS + at).filter((second) => second < 1500),
  );
}
