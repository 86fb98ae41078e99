import { expect, test } from "vitest";
import { brokenGuarantee, heldGuarantee } from "../../../test/fixtures/sample-summary.ts";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { summarise } from "../summarise.ts";
import type { GuaranteeResult } from "../summary-document.ts";

const drill = {
  name: "leader-loss",
  runbook: "docs/runbooks/leader-loss.md",
  steps: ["hunt status"],
  steadyState: ["sessions.dig.p99 < 100ms"],
  recoverWithinS: 2,
};
const faults = [
  { id: "kill", kind: "kill", target: "etcd/leader", lanes: ["sessions"], atS: 8, forS: 2 },
];

/** 20 s of digs of 4 ms, those of the seconds from `slow[0]` to `slow[1]` of 400 ms; the fault is at 8 s. */
async function held(
  slow: readonly [number, number],
  guarantees: readonly GuaranteeResult[] = [heldGuarantee],
  person?: { readonly acts: readonly (readonly [number, "ack" | "heal" | "time-over"])[] },
) {
  await using fixture = await recordFixture(
    { ...sampleRun, faults, drill: { ...drill, interactive: person !== undefined }, budgets: [] },
    (writer) => {
      for (let second = 0; second < 20; second += 1) {
        const isSlow = second >= slow[0] && second < slow[1];
        writeQuietSecond(writer, second, isSlow ? 400_000 : 4_000);
        writer.sample(second, "generator.queue", 0);
        writer.endFrame(second);
      }
      for (const [t, term] of [
        [-1, 2],
        [9, 4],
        [10.5, 5],
        [12, 6],
      ] as const) {
        writer.event({ t, kind: "leader", cluster: "etcd", node: "etcd/2", term });
      }
      const states = ["armed", "injected", "evidence", "healed", "recovered"];
      for (const [index, state] of states.entries()) {
        const t = index < 3 ? 8 : 10;
        writer.event({ t, kind: "fault", fault: "kill", state, detail: state } as TimelineEvent);
      }
      for (const [t, act] of person?.acts ?? []) writer.event({ t, kind: "operator", act });
    },
  );
  // Awaited here, since the folder goes with this scope.
  return await summarise(await openRecording(fixture.folder.path), async () => [...guarantees]);
}

test("a drill is timed from its fault, and scored in full when all was well in time", async () => {
  const { drill: result, verdict } = await held([8, 10]);
  expect(result).toMatchObject({
    steadyBefore: true,
    faultAtS: 8,
    detectedAfterS: null,
    mitigatedAfterS: 2,
    recoveredAfterS: 2,
    redundantAfterS: 2,
    score: 100,
  });
  expect(verdict.outcome).toBe("pass");
});

test("a second opinion that could not tell costs no points, one that says broken all", async () => {
  const opinion = { ...heldGuarantee, id: "sampled", secondOpinion: true };
  const told = (outcome: "unknown" | "broken") => [heldGuarantee, { ...opinion, outcome }];
  expect((await held([8, 10], told("unknown"))).drill).toMatchObject({ score: 100 });
  expect((await held([8, 10], told("broken"))).drill).toMatchObject({ score: 0 });
});

test("an outage that lasts has an alert and costs points for the recovery only", async () => {
  const { drill: result } = await held([8, 12]);
  expect(result?.detectedAfterS).toBeGreaterThanOrEqual(3);
  expect(result).toMatchObject({ recoveredAfterS: 4, score: 85 });
});

test("elections are the terms that began while the fault lasted, without a winner or with", async () => {
  const { drill: result } = await held([8, 10]);
  expect(result).toMatchObject({ mitigatedAfterS: 2, elections: 3 });
});

test("a steady state that is never back for five seconds in a row is no recovery", async () => {
  const { drill: result } = await held([8, 16]);
  expect(result).toMatchObject({ recoveredAfterS: null, score: 70 });
});

test("a lost write is a score of 0, whatever else went well", async () => {
  const { drill: result, verdict } = await held([8, 9], [heldGuarantee, brokenGuarantee]);
  expect(result?.score).toBe(0);
  expect(verdict.outcome).toBe("broken");
});

test("a drill that began in no steady state has no score and proves nothing", async () => {
  const { drill: result, verdict } = await held([2, 12]);
  expect(result).toMatchObject({ steadyBefore: false, score: null });
  expect(verdict.outcome).toBe("inconclusive");
});

test("a person who notices and repairs in time gets all points", async () => {
  const { drill: result } = await held([8, 10], undefined, { acts: [[9.5, "ack"]] });
  expect(result).toMatchObject({ acknowledgedAfterS: 1.5, gaveUp: false, score: 100 });
});

test.each(["heal", "time-over"] as const)(
  "a person who ends with %s gets none for the repair",
  async (act) => {
    const { drill: result } = await held([8, 10], undefined, {
      acts: [
        [9, "ack"],
        [9.9, act],
      ],
    });
    expect(result).toMatchObject({ gaveUp: true, score: 55 });
  },
);
