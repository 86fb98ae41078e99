import { expect, test } from "vitest";
import { PhaseTracker } from "./phase-tracker.ts";

function tracked() {
  const told: string[] = [];
  const tracker = new PhaseTracker(
    [
      { name: "warmup", startS: 0, endS: 4 },
      { name: "steady", startS: 4, endS: 20 },
    ],
    { phase: (t, phase, state) => told.push(`${t} ${phase} ${state}`) },
  );
  return { tracker, told };
}

test("a phase begins and ends once the load has got there", () => {
  const { tracker, told } = tracked();
  tracker.reached(1);
  tracker.reached(6);
  expect(told).toEqual(["0 warmup begin", "4 warmup end", "4 steady begin"]);
});

test("phases that are cut anew while one is on end it, and go on from there", () => {
  const { tracker, told } = tracked();
  tracker.reached(9);
  told.length = 0;
  tracker.rephase([
    { name: "warmup", startS: 0, endS: 4 },
    { name: "steady", startS: 4, endS: 9 },
    { name: "fault:by-hand-1", startS: 9, endS: 12 },
    { name: "recovery", startS: 12, endS: 17 },
    { name: "steady", startS: 17, endS: 20 },
  ]);
  tracker.reached(13);
  expect(told).toEqual([
    "9 steady end",
    "9 fault:by-hand-1 begin",
    "12 fault:by-hand-1 end",
    "12 recovery begin",
  ]);
});
