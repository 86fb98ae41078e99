import { expect, test } from "vitest";
import { HuntError } from "../../hunt-error.ts";
import { sessionsLoad } from "../../lanes/sessions/load-part.ts";
import type { LoadPlan } from "./load-plan.ts";
import { checkPlan } from "./validate-plan.ts";

const good: LoadPlan = {
  seed: 1,
  durationS: 10,
  players: [[0, 700]],
  rate: [
    [0, 0],
    [10, 100],
  ],
  readRatio: 0.25,
  skew: 1,
  mix: { dig_started: 30, tiles_revealed: 50, loot_claimed: 20 },
  timeoutMs: 5_000,
};

function problemsOf(change: Partial<LoadPlan>): string {
  try {
    const plan = { ...good, ...change };
    checkPlan(plan, "test", sessionsLoad.problems(plan));
  } catch (error) {
    if (error instanceof HuntError && error.exitCode === 2) return error.message;
    throw error;
  }
  return "";
}

test("a possible plan passes", () => {
  expect(problemsOf({})).toBe("");
  expect(
    problemsOf({
      players: [
        [0, 0],
        [1, 0],
        [1, 50],
      ],
      rate: [
        [0, 0],
        [1, 0],
        [1, 9],
      ],
    }),
  ).toBe("");
});

test.each<[string, Partial<LoadPlan>, string]>([
  ["no players", { players: [[0, 0]] }, "players must reach at least 1"],
  ["no load at all", { rate: [[0, 0]] }, "rate must be above 0 somewhere"],
  [
    "a negative time",
    {
      rate: [
        [-1, 5],
        [3, 5],
      ],
    },
    "rate[0] time must be a number from 0",
  ],
  [
    "a time that goes back",
    {
      rate: [
        [5, 5],
        [3, 5],
      ],
    },
    "rate[1] time must not be before",
  ],
  ["a value that is no number", { players: [[0, Number.NaN]] }, "players[0] value must be"],
  [
    "a rate that goes on behind its end",
    {
      rate: [
        [0, 50],
        [600, 2000],
      ],
    },
    "rate[1] is at 600 s, and the load ends at 10 s: it would never be played",
  ],
  [
    "players that come behind its end",
    {
      players: [
        [0, 5],
        [10, 5],
        [10.5, 700],
      ],
    },
    "players[2] is at 10.5 s, and the load ends at 10 s",
  ],
  [
    "a step where it ends",
    {
      rate: [
        [0, 50],
        [10, 50],
        [10, 2000],
      ],
    },
    "rate[2] is at 10 s, a step where the load ends",
  ],
  [
    "a step where it begins",
    {
      rate: [
        [0, 2000],
        [0, 50],
      ],
    },
    "rate[0] is at 0 s, and the next point takes its place there",
  ],
  [
    "a peak between two points at one time",
    {
      rate: [
        [0, 50],
        [5, 50],
        [5, 2000],
        [5, 50],
      ],
    },
    "rate[2] is at 5 s, and the next point takes its place there",
  ],
  ["an empty curve", { rate: [] }, "rate must have at least one point"],
  ["a negative duration", { durationS: -3 }, "durationS must be a number above 0"],
  ["an endless duration", { durationS: Number.POSITIVE_INFINITY }, "got Infinity"],
  [
    "a rate while nobody plays",
    {
      players: [
        [0, 0],
        [9, 0],
        [9, 5],
      ],
      rate: [[4, 7]],
    },
    "there are no players to act",
  ],
  [
    "a mix of nothing",
    { mix: { dig_started: 0, tiles_revealed: 0, loot_claimed: 0 } },
    "at least one weight",
  ],
  ["a fraction as a seed", { seed: 1.5 }, "seed must be a whole number"],
  ["no time to answer", { timeoutMs: 0 }, "timeoutMs must be a number from 1"],
])("a plan with %s is refused", (_, change, problem) => {
  expect(problemsOf(change)).toContain(problem);
});

test("all problems of a plan are listed at once", () => {
  const message = problemsOf({ durationS: 0, skew: -1, players: [[0, 0]], readRatio: Number.NaN });
  for (const part of ["durationS", "skew", "players", "readRatio"]) expect(message).toContain(part);
});
