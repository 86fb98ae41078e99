/**
 * `npm run soak`: 10 minutes at 4,000 digs/s, then the figures of the last minute beside those of the
 * third. `npm run soak -- --minutes 4` is a rehearsal: the minute to compare with is then half-way.
 * `--players 28000` plays the same rate with players who dig every 7 s: their sessions take 8 minutes to fill.
 * `--json FILE` keeps the readings, `--judge RUN_FOLDER` judges a recording that is there already.
 *
 * Flat is: the median of the last minute is at most 10 % or 20 MB above that of the third, whichever is
 * more. A median, because a garbage collector makes saw-teeth; 20 MB, because 10 % of k6 are less than
 * its heap moves by.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openRecording, type RecordingReader } from "../src/recording/recording-reader.ts";
import { summarise } from "../src/verdict/summarise.ts";
import type { Summary } from "../src/verdict/summary-document.ts";
import { checkRecording } from "../test/fixtures/check-recording.ts";
import { huntRecordings } from "./hunt-json.ts";
import { atLeast, atMost, printReadings, type Reading } from "./readings.ts";

const growthFactorMax = 1.1;
const growthBytesMax = 20 * 1024 * 1024;

interface Minutes {
  readonly reference: Minute;
  readonly last: Minute;
}

interface Minute {
  readonly startS: number;
  readonly endS: number;
}

function judgeSoak(summary: Summary, reader: RecordingReader): Reading[] {
  const minutes = comparedMinutes(Math.floor(reader.run.durationS / 60));
  return [
    ...storeReadings(reader, minutes),
    ...memoryReadings(reader, minutes),
    latencyReading(reader, minutes),
    ...summary.guarantees.map((each) =>
      atMost(`${each.id} (${each.outcome}), violations`, violationsOf(each), 0),
    ),
    atMost("problems of the generator", summary.generator.problems.length, 0),
    atLeast("digs per second", summary.lanes["sessions"]?.actions["dig"]?.ratePerS, 0),
  ];
}

/** What could not be told is not 0. */
function violationsOf(guarantee: Summary["guarantees"][number]): number | null {
  return guarantee.outcome === "unknown" ? null : guarantee.violations;
}

function comparedMinutes(count: number): Minutes {
  const minute = (number: number) => ({ startS: (number - 1) * 60, endS: number * 60 });
  const reference = count >= 6 ? 3 : Math.max(1, Math.ceil(count / 2));
  return { reference: minute(reference), last: minute(count) };
}

/** The largest of a minute: compaction, every 10 s, makes saw-teeth. */
function storeReadings(reader: RecordingReader, { reference, last }: Minutes): Reading[] {
  return seriesOf(reader, "dbInUseBytes").flatMap(({ node, values }) => {
    const before = Math.max(...values(reference));
    const after = Math.max(...values(last));
    return [
      atMost(`${node} in use, last minute / ${nameOf(reference)}`, after / before, 1.2),
      shown(`${node} in use in the last minute, MB`, after / 1e6),
    ];
  });
}

function memoryReadings(reader: RecordingReader, { reference, last }: Minutes): Reading[] {
  return seriesOf(reader, "rssBytes").flatMap(({ node, values }) => {
    const before = median(values(reference));
    const after = median(values(last));
    if (before === null || after === null) return [];
    const limit = Math.max(before * growthFactorMax, before + growthBytesMax);
    return [
      atMost(`${node} memory in the last minute, MB (${mb(before)})`, after / 1e6, limit / 1e6),
    ];
  });
}

function latencyReading(reader: RecordingReader, { reference, last }: Minutes): Reading {
  const p99 = (minute: Minute) =>
    reader.histogram(["sessions.dig.response"], [minute]).figures().p99;
  const before = p99(reference);
  const after = p99(last);
  const ratio = before === null || after === null ? null : after / before;
  const what = `dig p99, last minute / ${nameOf(reference)} (${after} / ${before} ms)`;
  return atMost(what, ratio, 1.2);
}

/** Every node with a figure, and its readings within a minute. */
function seriesOf({ timeline }: RecordingReader, figure: string) {
  return timeline.series.flatMap((series) => {
    const node = /^node\.([^.]+)\.(\w+)$/.exec(series);
    if (node?.[1] === undefined || node[2] !== figure) return [];
    const samples = timeline.samples(series);
    const values = (minute: Minute) => samples.within(minute).map(({ value }) => value);
    return [{ node: node[1], values }];
  });
}

function median(values: readonly number[]): number | null {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? null;
}

function nameOf(minute: Minute): string {
  return `minute ${minute.endS / 60}`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} before`;
}

function shown(what: string, value: number): Reading {
  return { what, value, limit: "-", reached: true };
}

async function judgeFolder(folder: string): Promise<Reading[]> {
  const reader = await openRecording(folder);
  return judgeSoak(await summarise(reader, checkRecording), reader);
}

async function playSoak(minutes: number): Promise<Reading[]> {
  const { players } = values;
  const args = [
    ...["bench", "--scenario", "soak", "--duration", `${minutes}m`],
    ...(players === undefined ? [] : ["--players", players, "--rate", "4000"]),
  ];
  return huntRecordings<Summary, Reading[]>(args, (summary, [reader]) => {
    if (reader === undefined) throw new Error("hunt left no recording");
    return judgeSoak(summary, reader);
  });
}

const { values } = parseArgs({
  options: {
    players: { type: "string" },
    minutes: { type: "string", default: "10" },
    judge: { type: "string" },
    json: { type: "string" },
  },
});
const minutes = Number(values.minutes);
if (!Number.isInteger(minutes) || minutes < 2 || minutes > 60) {
  process.stderr.write(
    "usage: npm run soak -- [--minutes 2..60] [--players N] [--judge RUN_FOLDER] [--json FILE]\n",
  );
  process.exitCode = 2;
} else {
  const readings =
    values.judge === undefined ? await playSoak(minutes) : await judgeFolder(values.judge);
  printReadings(readings);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(readings, undefined, 2));
  if (readings.some((reading) => !reading.reached)) process.exitCode = 1;
}
