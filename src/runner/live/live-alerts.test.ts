import { describe, expect, test } from "vitest";
import {
  counts,
  hdr,
  phasedRun,
  recordFixture,
  sampleRun,
} from "../../../test/fixtures/synthetic-recording.ts";
import type { SecondFrame } from "../../load/frames/frames.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RecordingWriter } from "../../recording/recording-writer.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { recordedAlerts } from "../../verdict/budgets/alerts.ts";
import { parseBudget } from "../../verdict/budgets/budget-grammar.ts";
import { LiveAlerts } from "./live-alerts.ts";

/** What the swarm hands over with one second. */
type Frame = Pick<SecondFrame, "second" | "counts" | "histograms" | "open">;

/** 100 digs of a second, answered within it, all after `responseUs`. */
function answered(second: number, responseUs: number, intendedIn = second): Frame {
  return {
    second,
    counts: [{ action: "sessions.dig", second: intendedIn, ...counts(100) }],
    histograms: [
      { series: "sessions.dig.response", second: intendedIn, hdr: hdr(responseUs, 100) },
    ],
    open: [],
  };
}

const generator = {
  cpuSeconds: 1,
  rssBytes: 1,
  queue: 0,
  resent: 0,
  moved: 0,
  reconnects: 0,
  keepAlives: 0,
  readsBack: 0,
  readsStale: 0,
  players: 1,
};

/** As `play-load.ts` writes a frame. */
function write(writer: RecordingWriter, frame: Frame): void {
  for (const { action, second, ...rest } of frame.counts) writer.counts(second, action, rest);
  for (const { series, second, hdr } of frame.histograms) writer.histogram(series, second, hdr);
  for (const { action, second, count } of frame.open) {
    writer.sample(frame.second, `${action}.open@${second}`, count);
  }
  writer.sample(frame.second, "generator.queue", 0);
  writer.endFrame(frame.second);
}

type AlertEvent = Extract<TimelineEvent, { kind: "alert" }>;

/** The alerts that were written while the frames came in, and those of the recording they left. */
async function alertsOf(
  budget: string,
  frames: readonly Frame[],
  /** Other phases, from before the frame of that second on. */
  cut?: { readonly second: number; readonly phases: RunDocument["phases"] },
) {
  const run: RunDocument = { ...sampleRun, budgets: [budget] };
  const played =
    cut === undefined ? run : { ...run, phases: cut.phases, lanes: phasedRun(cut.phases).lanes };
  const lines: string[] = [];
  await using fixture = await recordFixture(played, (writer) => {
    const live = new LiveAlerts(run, writer, (line) => lines.push(line));
    for (const frame of frames) {
      if (frame.second === cut?.second) live.rephase(played);
      write(writer, frame);
      live.addFrame({ type: "second", lanes: {}, generator, ...frame });
    }
  });
  const reader = await openRecording(fixture.folder.path);
  const live = reader.timeline.events.filter(
    (event): event is AlertEvent => event.kind === "alert",
  );
  const recorded = recordedAlerts(reader, [parseBudget(budget, run)]);
  const asEvents = recorded.flatMap(({ budget, firedAtS, resolvedAtS }) => [
    { t: firedAtS, budget, state: "fired" },
    ...(resolvedAtS === null ? [] : [{ t: resolvedAtS, budget, state: "resolved" }]),
  ]);
  expect(live.map(({ t, budget, state }) => ({ t, budget, state }))).toEqual(asEvents);
  return { recorded, lines };
}

const p99 = "sessions.dig.p99 < 20ms";

function seconds(from: number, to: number, frame: (second: number) => Frame): Frame[] {
  return Array.from({ length: to - from }, (_, index) => frame(from + index));
}

describe("an alert, live and from the folder alike,", () => {
  test("fires at the third breached second of five and resolves when fewer are left", async () => {
    const slow = new Set([8, 9, 11]);
    const { recorded, lines } = await alertsOf(
      p99,
      seconds(0, 20, (second) => answered(second, slow.has(second) ? 40_000 : 4000)),
    );
    // Second 11 is looked at with the frame of 13; of 9 to 13 only two were slow.
    expect(recorded).toEqual([
      { budget: p99, firedAtS: 14, resolvedAtS: 16, observed: 40.031, unit: "ms" },
    ]);
    expect(lines).toEqual([
      `alert fired at t=14s: ${p99} (40.03 ms)`,
      `alert resolved at t=16s: ${p99} (4.001 ms)`,
    ]);
  });

  test("does not fire at two seconds of five, nor in the warm-up", async () => {
    const slow = new Set([0, 1, 2, 3, 4, 8, 9, 14, 15]);
    const { recorded } = await alertsOf(
      p99,
      seconds(0, 20, (second) => answered(second, slow.has(second) ? 40_000 : 4000)),
    );
    expect(recorded).toEqual([]);
  });

  test("fires while a backend stands still, before its answers are there", async () => {
    const stalled = (second: number): Frame => ({
      second,
      counts: [],
      histograms: [],
      open: seconds(8, second + 1, (each) => answered(each, 0)).map((each) => ({
        action: "sessions.dig",
        second: each.second,
        count: 100,
      })),
    });
    // From 13 on the stalled seconds are answered, with all their delay.
    const freed = seconds(13, 20, (second) => answered(second, 4000));
    const late = seconds(8, 13, (second) => answered(13, 5_000_000, second));
    const first = freed[0];
    const catchUp: Frame = {
      second: 13,
      counts: [...late, ...(first === undefined ? [] : [first])].flatMap((each) => each.counts),
      histograms: [...late, ...(first === undefined ? [] : [first])].flatMap(
        (each) => each.histograms,
      ),
      open: [],
    };
    const { recorded } = await alertsOf(p99, [
      ...seconds(0, 8, (second) => answered(second, 4000)),
      ...seconds(8, 13, stalled),
      catchUp,
      ...freed.slice(1),
    ]);
    expect(recorded).toMatchObject([{ firedAtS: 13, observed: expect.closeTo(2000, -1) }]);
  });

  test("leaves answers that come later than 2 s to the figures of the run", async () => {
    const frames = seconds(0, 20, (second) => answered(second, 4000));
    const late = [8, 9, 10].map((second) => answered(15, 9_000_000, second));
    const at15 = frames[15];
    if (at15 === undefined) throw new Error("there are 20 frames");
    frames[15] = {
      ...at15,
      histograms: [...late.flatMap((each) => each.histograms), ...at15.histograms],
    };
    expect((await alertsOf(p99, frames)).recorded).toEqual([]);
  });

  test("rests on the error rate and the rate of a second as well", async () => {
    const failing = (second: number): Frame => ({
      ...answered(second, 4000),
      counts: [{ action: "sessions.dig", second, ...counts(100, { fail: second >= 12 ? 5 : 0 }) }],
    });
    const frames = seconds(0, 20, failing);
    const errors = await alertsOf("sessions.dig.errorRate < 1%", frames);
    expect(errors.recorded).toMatchObject([{ firedAtS: 17, resolvedAtS: null, observed: 5 }]);
    const rate = await alertsOf("sessions.dig.rate >= 98/s", frames);
    expect(rate.recorded).toMatchObject([{ firedAtS: 17, observed: 95, unit: "/s" }]);
  });

  test("belongs to the seconds of its phase", async () => {
    const run = seconds(0, 20, (second) => answered(second, 40_000));
    expect((await alertsOf(`${p99} @warmup`, run)).recorded).toMatchObject([
      { firedAtS: 5, resolvedAtS: 10 },
    ]);
  });

  test("leaves the window of a fault by hand out of the phase that it was cut out of", async () => {
    const slow = seconds(0, 20, (second) => answered(second, second >= 10 ? 40_000 : 4000));
    const steady = `${p99} @steady`;
    expect((await alertsOf(steady, slow)).recorded).toMatchObject([{ firedAtS: 15 }]);
    const phases = [
      { name: "warmup", startS: 0, endS: 5 },
      { name: "steady", startS: 5, endS: 10 },
      { name: "fault:by-hand-1", startS: 10, endS: 12 },
      { name: "recovery", startS: 12, endS: 17 },
      { name: "steady", startS: 17, endS: 20 },
    ];
    const { recorded } = await alertsOf(steady, slow, { second: 11, phases });
    expect(recorded).toEqual([]);
  });

  test("does not exist for a figure that says nothing of a single second", async () => {
    const frames = seconds(0, 20, (second) => answered(second, 40_000));
    expect((await alertsOf("sessions.walBytesPerAction < 1B", frames)).recorded).toEqual([]);
    expect((await alertsOf("node.etcd/1.rss < 1B", frames)).recorded).toEqual([]);
  });
});
