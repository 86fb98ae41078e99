/** The sample run: warm-up to 5 s, steady to 20 s, 100 digs/s of 4 ms. */
import { expect, test } from "vitest";
import {
  counts,
  hdr,
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RecordingWriter } from "../../recording/recording-writer.ts";
import { summarise } from "../summarise.ts";

interface Disk {
  /** Start and length in seconds. */
  readonly stalls: readonly (readonly [at: number, forS: number])[];
  /** Seconds whose digs took 700 ms. */
  readonly slow: readonly number[];
  /** Bytes that the run wrote in a second; 2 MB in the others. */
  readonly wrote?: ReadonlyMap<number, number>;
  /** From this second on nobody looked at what the run wrote. */
  readonly watchedUntil?: number;
  readonly probe?: boolean;
  readonly write?: (writer: RecordingWriter) => void;
}

async function judged(disk: Disk, budget = "sessions.dig.p99 < 50ms @steady") {
  const { stalls, slow, wrote, watchedUntil = 20, probe = true } = disk;
  await using fixture = await recordFixture({ ...sampleRun, budgets: [budget] }, (writer) => {
    let written = 0;
    for (let second = 0; second < 20; second += 1) {
      writeQuietSecond(writer, second);
      if (slow.includes(second)) writer.histogram("sessions.dig.response", second, hdr(700e3, 100));
      written += wrote?.get(second) ?? 2e6;
      if (wrote !== undefined && second < watchedUntil)
        writer.sample(second + 0.9, "node.etcd/1.writtenBytes", written);
      if (probe) writer.sample(second + 0.5, "machine.diskSyncMaxMs", 3);
    }
    for (const [t, forS] of stalls) writer.event({ t, kind: "disk-stall", forS });
    disk.write?.(writer);
  });
  const summary = await summarise(await openRecording(fixture.folder.path), async () => []);
  return { summary, budget: summary.budgets[0] };
}

const steadyWrites = new Map<number, number>();
const once = { stalls: [[12.1, 0.7]], slow: [12], wrote: steadyWrites } as const;

test("the seconds of a stall are left out, and a pass says so", async () => {
  const { summary, budget } = await judged(once);
  expect(budget).toMatchObject({ outcome: "held", leftOutS: 2 });
  expect(budget?.observed).toBeLessThan(5);
  expect(summary.diskStalls).toEqual({
    count: 1,
    ownWrites: 0,
    longest: { atS: 12.1, forS: 0.7 },
    seconds: [12, 13],
  });
  expect(summary.verdict).toMatchObject({ outcome: "pass" });
  expect(summary.verdict.reasons[0]).toMatch(/; up to 2 s of a budget's window left out, .*disk/);
  expect(summary.notes[0]).toBe(
    "The machine's disk stood still once, the longest for 0.70 s at 12.1 s (a sync of 4 KB, by a probe that has no part in the backend). Budgets on latencies leave out the seconds 12, 13.",
  );
});

test("a latency that is too long in other seconds is a breach all the same", async () => {
  const { budget } = await judged({ ...once, slow: [9, 12] });
  expect(budget).toMatchObject({ outcome: "breached", leftOutS: 2 });
  expect(budget?.observed).toBeGreaterThan(600);
});

test("without a probe nothing is left out", async () => {
  const { summary, budget } = await judged({ ...once, stalls: [], probe: false });
  expect(summary.diskStalls).toBeNull();
  expect(budget).toMatchObject({ outcome: "breached" });
  expect(budget).not.toHaveProperty("leftOutS");
});

test("a stall that the run's own writes may have caused stays in", async () => {
  const { summary, budget } = await judged({ ...once, wrote: new Map([[11, 40e6]]) });
  expect(budget).toMatchObject({ outcome: "breached" });
  expect(summary.diskStalls).toMatchObject({ count: 1, ownWrites: 1, seconds: [] });
  expect(summary.notes[0]).toContain("in all of them the run itself wrote much, so they stay in");
});

test("a stall of a run of whose writes nothing is known stays in", async () => {
  const { stalls, slow } = once;
  expect((await judged({ stalls, slow })).budget).toMatchObject({ outcome: "breached" });
});

test("a stall in seconds of whose writes nothing is known stays in", async () => {
  const { budget } = await judged({ ...once, watchedUntil: 9 });
  expect(budget).toMatchObject({ outcome: "breached" });
});

test("writes that are as they were for ten seconds explain no stall, up to 48 MB/s", async () => {
  const all = (bytes: number) =>
    new Map(Array.from({ length: 20 }, (_, second) => [second, bytes]));
  const outcome = async (bytes: number) =>
    (await judged({ ...once, wrote: all(bytes) })).budget?.outcome;
  expect(await outcome(40e6)).toBe("held");
  // A disk that is written to like that is never at rest.
  expect(await outcome(60e6)).toBe("breached");
});

test("a disk that stands still in more than a third of the seconds makes a breach inconclusive, never a pass", async () => {
  const stalls = [7.1, 9.1, 12.1, 15.1, 17.1, 18.1].map((at) => [at, 0.3] as const);
  const disk = { ...once, stalls, slow: [7, 9, 12, 15, 17, 18] };
  const { summary, budget } = await judged(disk);
  expect(budget).toMatchObject({
    outcome: "inconclusive",
    reason: "it was not met, but the machine's disk stood still in 6 of its 15 s",
  });
  expect(budget?.observed).toBeGreaterThan(600);
  expect(summary.verdict).toMatchObject({ outcome: "inconclusive", exitCode: 4 });
  expect(summary.verdict.spoiledBy).toEqual(["disk"]);
  const wide = await judged(disk, "sessions.dig.p99 < 2s @steady");
  expect(wide.budget).toMatchObject({ outcome: "held" });
  expect(wide.budget).not.toHaveProperty("leftOutS");
});

test("a stall excuses no failure, and no figure but a latency", async () => {
  const failing = {
    ...once,
    write: (writer: RecordingWriter) =>
      writer.counts(12, "sessions.dig", counts(100, { fail: 100 })),
  };
  const { budget } = await judged(failing, "sessions.dig.errorRate < 1% @steady");
  expect(budget).toMatchObject({ outcome: "breached" });
  expect(budget).not.toHaveProperty("leftOutS");
});
