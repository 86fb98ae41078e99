import { expect, test } from "vitest";
import {
  counts,
  recordFixture,
  sampleRun,
  sampleRunWith,
} from "../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../recording/recording-reader.ts";
import { laneEvidence } from "./lane-evidence.ts";
import { liveness } from "./liveness.ts";

const progress = laneEvidence({
  lane: "sessions",
  checkers: [liveness({ id: "goes-on", promise: "It goes on.", from: ["timeline.ndjson"] })],
  open: (context) => context,
  files: () => [],
  notYet: "too early",
});

const stormy = sampleRunWith({
  phases: [
    { name: "recovery", startS: 0, endS: 10 },
    { name: "liveness", startS: 10, endS: 20 },
  ],
});

interface Life {
  /** Of a gateway, by second; undefined where no reading was made. */
  readonly applied?: (second: number) => number | undefined;
  readonly acknowledged?: (second: number) => number;
}

async function check({ applied = (t) => t * 9, acknowledged = () => 50 }: Life, run = stormy) {
  await using fixture = await recordFixture(run, (writer) => {
    for (let second = 0; second <= 20; second += 1) {
      writer.sample(second, "node.etcd/1.proposalsApplied", 100 + second);
      const value = applied(second);
      if (value !== undefined) writer.sample(second, "node.gateway/1.operationsApplied", value);
      if (second === 20) continue;
      const ok = acknowledged(second);
      writer.counts(second, "sessions.dig", { ...counts(50), ok, fail: 50 - ok });
      writer.counts(second, "sessions.read", counts(10));
    }
  });
  const reader = await openRecording(fixture.folder.path);
  return await progress.check({ lane: "sessions", reader, faults: [] });
}

test("a run in which every node and action goes on holds it", async () => {
  expect(await check({})).toMatchObject([{ outcome: "held", checked: 4, violations: 0 }]);
});

test("a gateway that stands still after everything is healed breaks it", async () => {
  const [result] = await check({ applied: (t) => Math.min(t, 12) });
  expect(result).toMatchObject({ outcome: "broken", violations: 1 });
  expect(result?.example).toContain("gateway/1 did nothing for 8 s");
});

test("what stood still before the phase does not count, nor does a counter that begins anew", async () => {
  const healed = (t: number) => (t < 10 ? 500 : t);
  expect(await check({ applied: healed })).toMatchObject([{ outcome: "held" }]);
});

test("a second in which no dig was acknowledged breaks it", async () => {
  const [result] = await check({ acknowledged: (second) => (second === 17 ? 0 : 50) });
  expect(result).toMatchObject({ outcome: "broken", violations: 1 });
  expect(result?.example).toContain("sessions.dig was never acknowledged in second 17");
});

test("figures that are missing, or end early, confirm nothing", async () => {
  expect(await check({ applied: () => undefined })).toMatchObject([{ outcome: "unknown" }]);
  const cut = (t: number) => (t < 13 ? t : undefined);
  expect(await check({ applied: cut })).toMatchObject([{ outcome: "unknown", checked: 3 }]);
});

test("a run without a storm promises nothing", async () => {
  expect(await check({}, sampleRun)).toEqual([]);
});
