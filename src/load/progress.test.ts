import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import { expect, test } from "vitest";
import type { SecondFrame } from "./frames/frames.ts";
import { Progress } from "./progress.ts";

function hdr(...valuesUs: number[]): string {
  const histogram = build({
    highestTrackableValue: 120_000_000,
    numberOfSignificantValueDigits: 3,
  });
  for (const value of valuesUs) histogram.recordValue(value);
  return encodeIntoCompressedBase64(histogram);
}

function frame(second: number, ok: number, fail = 0): SecondFrame {
  const counts = { intended: ok, sent: ok, unknown: 0, dropped: 0 };
  return {
    type: "second",
    second,
    counts: [
      { action: "sessions.dig", second, ok, fail, ...counts },
      { action: "sessions.read", second, ok: 999, fail: 0, ...counts },
    ],
    open: [{ action: "sessions.dig", second, count: 12 }],
    histograms: [
      { series: "sessions.dig.response", second, hdr: hdr(4_000, 4_000, 12_000) },
      { series: "sessions.dig.scheduleLag", second, hdr: hdr(800) },
      { series: "sessions.read.response", second, hdr: hdr(90_000_000) },
    ],
    lanes: {},
    generator: {
      cpuSeconds: 1,
      rssBytes: 1,
      queue: 0,
      resent: 0,
      reconnects: 0,
      players: 700,
    },
  };
}

function progress(): Progress {
  return new Progress({
    plan: {
      seed: 1,
      durationS: 12,
      players: [[0, 700]],
      rate: [[0, 100]],
      readRatio: 1,
      skew: 1,
      mix: { dig_started: 1, tiles_revealed: 1, loot_claimed: 1 },
      timeoutMs: 5_000,
    },
    phases: [
      { name: "warmup", startS: 0, endS: 5 },
      { name: "steady", startS: 5, endS: 12 },
    ],
    action: "sessions.dig",
    histograms: [{ label: "raft", series: "sessions.raftCommit" }],
    everyS: 5,
  });
}

test("five seconds become one plain line, and the next line starts from nothing", () => {
  const view = progress();
  for (let second = 0; second < 4; second += 1) {
    expect(view.addFrame(frame(second, 100, 1))).toBeUndefined();
  }
  view.addHistogram("sessions.raftCommit", hdr(3_200));
  view.addHistogram("sessions.batchWait", hdr(99_000));
  expect(view.addFrame(frame(4, 95, 1))).toBe(
    "t=5s phase=warmup players=700 planned=100/s ok=99/s p50=4.0ms p99=12.0ms err=5 open=12 raft p99=3.2ms lag p99=0.8ms",
  );
  for (let second = 5; second < 9; second += 1) view.addFrame(frame(second, 10));
  expect(view.addFrame(frame(9, 10))).toMatch(
    /^t=10s phase=steady .* ok=10\/s .* err=0 open=12 raft p99=- lag/,
  );
});

test("frames that were merged count over the seconds they stand for; after the plan it drains", () => {
  const view = progress();
  expect(view.addFrame(frame(9, 1000))).toContain(
    "t=10s phase=steady players=700 planned=100/s ok=100/s",
  );
  expect(view.addFrame(frame(15, 0))).toContain(
    "t=16s phase=drain players=700 planned=33/s ok=0/s",
  );
});
