import { expect, test } from "vitest";
import { sampleRun } from "../../test/fixtures/synthetic-recording.ts";
import { cutRun } from "./cut-run.ts";

const fault = { expression: "kill etcd/leader", kind: "kill", selector: "etcd/leader" };
const planned = [{ ...fault, id: "kill", atS: 8, forS: 600 }];
const recorded = {
  ...sampleRun,
  durationS: 640,
  phases: [
    { name: "warmup", startS: 0, endS: 5 },
    { name: "fault:kill", startS: 5, endS: 640 },
  ],
  faults: [
    { id: "kill", kind: "kill", target: "etcd/leader", lanes: ["sessions"], atS: 8, forS: 600 },
  ],
};

test("a run that was cut holds what was played: its length, its phases and how long the fault lasted", () => {
  const events = [{ kind: "fault" as const, t: 11.5, fault: "kill", state: "healed" as const }];
  const run = cutRun(recorded, planned, { endS: 19, events });
  expect(run.durationS).toBe(19);
  expect(run.phases).toEqual([
    { name: "warmup", startS: 0, endS: 5 },
    { name: "steady", startS: 5, endS: 8 },
    { name: "fault:kill", startS: 8, endS: 12 },
    { name: "recovery", startS: 12, endS: 17 },
    { name: "steady", startS: 17, endS: 19 },
  ]);
  expect(run.faults).toMatchObject([{ id: "kill", atS: 8, forS: 3.5 }]);
  expect(run.lanes["sessions"]?.actions["dig"]?.plannedPerS).toHaveLength(19);
});
