import { expect, test } from "vitest";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import type { LedgerRecord } from "../../lanes/sessions/files/ledger-file.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { summarise } from "../summarise.ts";
import { FaultWatch } from "./fault-watch.ts";

const faults = [
  { id: "kill", kind: "kill", target: "etcd/leader", lanes: ["sessions"], atS: 8, forS: 2 },
];

async function judged(states: readonly string[], budgets: readonly string[] = []) {
  const run = { ...sampleRun, faults, budgets: [...budgets] };
  await using fixture = await recordFixture(run, (writer) => {
    for (let second = 0; second < 20; second += 1) {
      writeQuietSecond(writer, second, 4000);
      writer.sample(second, "generator.queue", 0);
      writer.endFrame(second);
    }
    for (const [index, state] of states.entries()) {
      const event = { t: 8 + index, kind: "fault", fault: "kill", state, detail: `${state}.` };
      writer.event(event as TimelineEvent);
    }
  });
  // Awaited here, since the folder goes with this scope.
  return await summarise(await openRecording(fixture.folder.path), async () => []);
}

const wholeLife = ["armed", "injected", "evidence", "healed", "recovered"];

test("a fault that bit and was healed changes no verdict", async () => {
  const { verdict, faults: found } = await judged(wholeLife);
  expect(verdict.outcome).toBe("pass");
  expect(found[0]).toMatchObject({ injectedAtS: 9, healedAtS: 11, problem: null });
});

test.each([
  [[], "it never fired"],
  [["armed", "injected"], "nothing proves that it bit"],
  [["armed", "injected", "failed"], "failed."],
  [["armed", "injected", "evidence", "healed"], "its target did not serve again"],
])("a run whose fault only got as far as %s is inconclusive", async (states, why) => {
  const { verdict } = await judged(states);
  expect(verdict.outcome).toBe("inconclusive");
  expect(verdict.reasons.join()).toContain(`Fault kill (kill etcd/leader): ${why}`);
});

test("a fault by hand, healed by hand, is judged like one of the plan, and says whose it was", async () => {
  const run = { ...sampleRun, faults: faults.map((fault) => ({ ...fault, byHand: true })) };
  const lives = (evidence: boolean) =>
    recordFixture(run, (writer) => {
      for (let second = 0; second < 20; second += 1) {
        writeQuietSecond(writer, second, 4000);
        writer.sample(second, "generator.queue", 0);
        writer.endFrame(second);
      }
      for (const state of ["armed", "injected", "evidence", "healed", "recovered"] as const) {
        if (state === "evidence" && !evidence) continue;
        const by = state === "healed" ? { by: "operator" as const } : {};
        writer.event({ t: 8, kind: "fault", fault: "kill", state, detail: `${state}.`, ...by });
      }
    });
  await using proven = await lives(true);
  const { verdict, faults: found } = await summarise(
    await openRecording(proven.folder.path),
    async () => [],
  );
  expect(verdict.outcome).toBe("pass");
  expect(found).toMatchObject([{ injectedBy: "operator", healedBy: "operator", problem: null }]);
  await using unproven = await lives(false);
  const judgedAgain = await summarise(await openRecording(unproven.folder.path), async () => []);
  expect(judgedAgain.verdict.reasons.join()).toContain("nothing proves that it bit");
});

test("a budget on a fault that no alert saw is breached, and one on an unknown fault refused", async () => {
  const { budgets } = await judged(wholeLife, ["fault.kill.detect < 5s"]);
  expect(budgets[0]).toMatchObject({ outcome: "breached", reason: expect.stringMatching("alert") });
  await expect(judged(wholeLife, ["fault.kil.gap < 1s"])).rejects.toThrow(/no fault with the id/);
});

const s = 1e6;

/** A dig of each of 100 players per second; those due in the gap are answered when it ends. */
function play(watch: FaultWatch, gapUs: readonly [number, number]): void {
  for (let index = 0; index < 1000; index += 1) {
    const dueUs = index * 10_000;
    const doneUs = dueUs >= gapUs[0] && dueUs < gapUs[1] ? gapUs[1] : dueUs + 5000;
    const record = { player: index, device: 1, intendedUs: dueUs, atUs: dueUs } as LedgerRecord;
    watch.attempted(record);
    watch.ended({ ...record, atUs: doneUs }, true);
  }
}

test("the gap, the first acknowledgement and the recovery are those of the writes around it", () => {
  const span = { injectedUs: 4 * s, healedUs: 6 * s, endUs: 10 * s };
  const watch = new FaultWatch([span], 50_000);
  play(watch, [4 * s, 4.7 * s]);
  const felt = watch.effectOf(0);
  expect(felt.gapS).toBeCloseTo(0.7);
  expect(felt.firstAckAtS).toBeCloseTo(4.7);
  expect(felt.recoveredAtS).toBeCloseTo(4.7, 1);
});

test("a backend that stays slow until the end has not recovered", () => {
  const watch = new FaultWatch([{ injectedUs: 4 * s, healedUs: 6 * s, endUs: 10 * s }], 50_000);
  play(watch, [4 * s, 10 * s]);
  expect(watch.effectOf(0)).toMatchObject({ gapS: 6, recoveredAtS: null });
});
