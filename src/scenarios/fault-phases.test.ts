import { expect, test } from "vitest";
import { generalFaultKinds as kinds } from "../faults/faults.ts";
import { parseFault } from "../faults/plan/fault-expression.ts";
import { scheduleFaults } from "../faults/plan/schedule.ts";
import { checkLanePhases, withFaultPhases } from "./fault-phases.ts";
import type { Phase } from "./scenario.ts";

const phases: readonly Phase[] = [
  { name: "warmup", startS: 0, endS: 5 },
  { name: "steady", startS: 5, endS: 40 },
];

function played(...expressions: readonly string[]) {
  const bounds = { warmUntilS: 5, durationS: 40, kinds };
  const faults = scheduleFaults(
    expressions.map((each) => parseFault(each, kinds)),
    bounds,
  );
  return withFaultPhases(phases, faults).map(({ name, startS, endS }) => [name, startS, endS]);
}

test("a fault has its window and a recovery of 5 s among the phases, without a gap", () => {
  expect(played("kill etcd/leader at 10.5s for 4s")).toEqual([
    ["warmup", 0, 5],
    ["steady", 5, 10],
    ["fault:kill", 10, 15],
    ["recovery", 15, 20],
    ["steady", 20, 40],
  ]);
});

test("of two faults at a time the later one has the seconds in which both act", () => {
  expect(played("kill etcd/1 at 10s for 10s as long", "restart gateway/1 at 12s")).toEqual([
    ["warmup", 0, 5],
    ["steady", 5, 10],
    ["fault:long", 10, 12],
    ["fault:restart", 12, 13],
    ["fault:long", 13, 20],
    ["recovery", 20, 25],
    ["steady", 25, 40],
  ]);
});

test("a budget on a lane that no fault touches keeps its phase, which another lane lost", () => {
  const phases = [
    { name: "warmup", startS: 0, endS: 5 },
    { name: "steady", startS: 5, endS: 10 },
  ] as const;
  const lanes = { calm: { phases }, broken: { phases: [phases[0]] } };
  const check = (budget: string) => () => checkLanePhases([budget], phases, lanes);
  expect(check("calm.mark.p99 < 20ms @steady")).not.toThrow();
  expect(check("broken.mark.p99 < 20ms @steady")).toThrow(/leave no second of phase steady/);
});
