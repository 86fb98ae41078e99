import { expect, test } from "vitest";
import {
  phasedRun,
  recordFixture,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { type SummariseOptions, summarise } from "../summarise.ts";
import type { GuaranteeResult } from "../summary-document.ts";

const held: GuaranteeResult = {
  ...{ lane: "sessions", id: "nothing-acknowledged-is-lost", promise: "Kept.", outcome: "held" },
  ...{ checked: 2000, violations: 0, upperBound95: 0.0015 },
};
const phases = [
  { name: "warmup", startS: 0, endS: 5 },
  { name: "ramp", startS: 5, endS: 10 },
  { name: "steady", startS: 10, endS: 20 },
] as const;
const stood: TimelineEvent = {
  ...{ t: 12.2, kind: "standstill", who: "hunt", untilS: 16.8, forS: 4.6 },
};
const slept: TimelineEvent = {
  ...{ t: 12.2, kind: "standstill", who: "machine", untilS: 13.2, forS: 600 },
};

/** 20 quiet seconds of 4 ms digs, and one thing that happened meanwhile. */
async function judged(
  event: TimelineEvent,
  budgets: readonly string[],
  options: SummariseOptions = {},
) {
  const run: RunDocument = { ...phasedRun(phases), budgets: [...budgets] };
  await using fixture = await recordFixture(run, (writer) => {
    for (let second = 0; second < 20; second += 1) writeQuietSecond(writer, second);
    writer.sample(20, "node.etcd/1.walBytes", 200_000);
    writer.event(event);
  });
  return summarise(await openRecording(fixture.folder.path), async () => [held], options);
}

test("a run in whose measured seconds hunt stood still is inconclusive, and says when", async () => {
  const { verdict, guarantees } = await judged(stood, []);
  expect(verdict).toMatchObject({ outcome: "inconclusive", exitCode: 4 });
  expect(verdict.reasons).toEqual([
    "hunt stood still from 12.2 to 16.8 s. It read no figures then, and could not begin, watch or heal a fault.",
  ]);
  expect(guarantees).toEqual([held]);
});

test("what hunt would have read while it stood still is not held; what the swarm measured is", async () => {
  const { budgets } = await judged(stood, [
    "sessions.dig.p99 < 20ms @steady",
    "node.etcd/1.rss < 900MB @steady",
    "sessions.walBytesPerAction < 900B @steady",
    "sessions.raftCommitMs.p99 < 900ms",
    "node.etcd/1.rss < 900MB @ramp",
  ]);
  const reason = "not all of it was measured: hunt stood still from 12.2 to 16.8 s";
  expect(budgets.map(({ outcome, reason: why }) => [outcome, why])).toEqual([
    ["held", undefined],
    ["inconclusive", reason],
    ["inconclusive", reason],
    ["inconclusive", reason],
    ["held", undefined],
  ]);
});

test("a budget that is not met while hunt stood still is no breach, but a node that took too much is", async () => {
  const { verdict, budgets } = await judged(stood, [
    "sessions.dig.p99 < 2ms @steady",
    "sessions.dig.p90 < 2ms @ramp",
    "node.etcd/1.rss < 10MB @steady",
  ]);
  expect(budgets.map(({ outcome }) => outcome)).toEqual(["inconclusive", "breached", "breached"]);
  expect(budgets[0]?.reason).toBe("it was not met, but hunt stood still from 12.2 to 16.8 s");
  expect(verdict).toMatchObject({ outcome: "breach", exitCode: 99 });
});

test("nothing that was under way when the machine slept is held", async () => {
  const { verdict, budgets } = await judged(slept, [
    "sessions.dig.p99 < 20ms @steady",
    "sessions.dig.p90 < 20ms @ramp",
  ]);
  expect(budgets.map(({ outcome }) => outcome)).toEqual(["inconclusive", "held"]);
  expect(verdict.outcome).toBe("inconclusive");
  expect(verdict.reasons[0]).toBe(
    "The machine slept for 600.0 s at 12.2 s. What was under way then was timed by a clock that stood still.",
  );
});

test("a standstill in the warm-up or after the load is a note, and so is a clock that was set", async () => {
  const warm = await judged({ ...stood, t: 1.5, untilS: 4.9 }, []);
  expect(warm.verdict.outcome).toBe("pass");
  expect(warm.notes).toContain("hunt stood still from 1.5 to 4.9 s, outside of what is judged.");
  const set = await judged({ t: 12.2, kind: "clock-step", byS: -30 }, []);
  expect(set.verdict.outcome).toBe("pass");
  expect(set.notes).toContain(
    "The wall clock was set 30.0 s back at 12.2 s. The run's own times come from another clock, those in logs/ do not.",
  );
});

test("guarantees alone do not hang on hunt's standstill", async () => {
  const { verdict } = await judged(stood, [], { guaranteesOnly: true });
  expect(verdict.outcome).toBe("pass");
});
