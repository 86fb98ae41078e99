import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { LedgerBuilder } from "../../test/fixtures/ledger-builder.ts";
import { heldGuarantee } from "../../test/fixtures/sample-summary.ts";
import { recordFixture } from "../../test/fixtures/synthetic-recording.ts";
import { type TwoLanesOptions, twoLanes, writeTwoLanes } from "../../test/fixtures/two-lane-run.ts";
import { openRecording } from "../recording/recording-reader.ts";
import { laneFile } from "../recording/run-folder.ts";
import { survivalText } from "../reporting/text/survival-text.ts";
import { summarise } from "./summarise.ts";
import type { GuaranteeResult } from "./summary-document.ts";

interface Played extends TwoLanesOptions {
  readonly budgets?: readonly string[];
  readonly guarantees?: readonly GuaranteeResult[];
  /** Seconds at which a write of each lane was sent and answered. */
  readonly answered?: Readonly<Record<string, readonly (readonly [number, number])[]>>;
}

const ofTally: GuaranteeResult = { ...heldGuarantee, lane: "tally" };

async function judged({ budgets = [], guarantees = [heldGuarantee, ofTally], ...played }: Played) {
  await using fixture = await recordFixture({ ...twoLanes(), budgets }, (writer) =>
    writeTwoLanes(writer, played),
  );
  for (const [lane, writes] of Object.entries(played.answered ?? {})) {
    const ledger = new LedgerBuilder();
    for (const [index, [sentS, doneS]] of writes.entries()) {
      const write = { player: index, sequence: 1 };
      ledger
        .at(Math.round(sentS * 1e6))
        .attempt(write)
        .at(Math.round(doneS * 1e6))
        .outcome(write, "ok");
    }
    await writeFile(laneFile(fixture.folder, lane, "ledger"), ledger.closed());
  }
  // Awaited here, since the folder goes with this scope.
  return await summarise(await openRecording(fixture.folder.path), async () => guarantees);
}

test("a fault cuts the phases of the lane that it touches, and no other's", async () => {
  const { budgets } = await judged({
    sessionsUs: (second) => (second >= 8 && second < 11 ? 400_000 : 4_000),
    budgets: ["sessions.dig.p90 < 20ms @steady", "tally.mark.p90 < 20ms @steady"],
  });
  expect(budgets.map(({ samples, outcome }) => [samples, outcome])).toEqual([
    [1500, "breached"],
    [350, "held"],
  ]);
});

test("a lane can be asked how it did while another one's fault was on", async () => {
  const { budgets } = await judged({ budgets: ["sessions.dig.p90 < 20ms @fault:gone"] });
  expect(budgets[0]).toMatchObject({ outcome: "held", samples: 300 });
});

test("each fault says what the players of each lane felt, and a budget can be on either", async () => {
  const { faults, budgets, ...rest } = await judged({
    answered: {
      sessions: [
        [8.2, 8.21],
        [9.5, 9.51],
      ],
      tally: [
        [7.9, 11.3],
        [10.9, 11.4],
      ],
    },
    budgets: ["fault.gone.gap < 1s", "fault.gone.tally.gap < 1s", "fault.gone.sessions.gap < 1s"],
  });
  const [gone] = faults;
  expect(gone?.felt["sessions"]?.gapS).toBeCloseTo(0.01);
  expect(gone?.felt["tally"]?.gapS).toBeCloseTo(3.3);
  expect(gone).toMatchObject({ lanes: ["tally"], gapS: gone?.felt["tally"]?.gapS });
  expect(budgets.map(({ outcome }) => outcome)).toEqual(["breached", "breached", "held"]);
  const lost = { ...heldGuarantee, id: "nothing-acknowledged-is-lost" };
  const summary = { ...rest, faults, budgets, guarantees: [lost, heldGuarantee] };
  expect(survivalText(summary)).toContain("sessions never noticed");
  expect(survivalText(summary)).toContain("tally first new acknowledgement after 3.4 s");
});

test("an alert of a lane while another one's fault was on is told as coupling, with what the machine did", async () => {
  const slow = (second: number) => (second >= 7 && second < 12 ? 400_000 : 4_000);
  const budgets = ["sessions.dig.p99 < 20ms"];
  const { couplings, notes, verdict } = await judged({ sessionsUs: slow, budgets });
  expect(couplings).toMatchObject([
    { fault: "gone", lane: "sessions", touches: ["tally"], busyShare: 0.75 },
  ]);
  const told = notes.find((note) => note.startsWith("Coupling: sessions.dig.p99 < 20ms"));
  expect(told).toContain("fault gone (kill tally/1) was on, which touches tally alone");
  expect(told).toContain("its processors were 75 % busy");
  expect(verdict.reasons).toContain(told);
  expect((await judged({ budgets })).couplings).toEqual([]);
});

test("a starved lane does not hide behind a fast one: drops are judged by action", async () => {
  const { generator, verdict } = await judged({ dropped: 2 });
  expect(generator.valid).toBe(false);
  expect(generator.problems[0]).toBe("it dropped 2 of 750 tally.mark (0.27 %, allowed 0.1 %)");
  expect(verdict.outcome).toBe("inconclusive");
});

test("a lane with too few operations is named, and so is a fault in which its own players did nothing", async () => {
  const few = await judged({ marks: (second) => (second === 6 ? 10 : 0) });
  expect(few.verdict.reasons).toContain(
    "Only 10 operations of tally were acknowledged; fewer than 20 are too few to tell whether guarantees hold.",
  );
  expect(few.verdict.reasons.join()).toContain("Fault gone (kill tally/1): no action was sent");
});

test("a reason names the lane of a guarantee, since two lanes may have one of the same id", async () => {
  const broken: GuaranteeResult = { ...ofTally, outcome: "broken", violations: 1 };
  const { verdict } = await judged({ guarantees: [heldGuarantee, broken] });
  expect(verdict.outcome).toBe("broken");
  expect(verdict.reasons[0]).toMatch(/^Guarantee tally\/nothing-is-applied-twice is broken/);
});

test.each([
  ["fault.gone.sesions.gap < 1s", /no lane 'sesions'/],
  ["fault.gone.tally.detect < 1s", /an alert is of the whole run/],
  ["fault.gone.tally.x.gap < 1s", /expected fault/],
])("refuses %s", async (budget, why) => {
  await expect(judged({ budgets: [budget] })).rejects.toThrow(why);
});
