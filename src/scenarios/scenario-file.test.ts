import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import { peakBetween } from "../load/plan/curve.ts";
import { phaseProblem } from "./phase-problem.ts";
import { resolveScenario, type ScenarioRequest } from "./resolve-scenario.ts";
import { scenarios } from "./scenarios.ts";

interface Written {
  readonly durationS?: number;
  readonly players?: string;
  readonly rate?: string;
  readonly phases?: readonly string[];
}

const warmup = "{ name: warmup, startS: 0, endS: 5 }";

function resolve(
  { durationS = 40, players = "[[0, 700]]", rate = "[[0, 100]]", phases }: Written,
  request: ScenarioRequest = {},
) {
  const file = join(temporaryFolder(), "mine.yaml");
  const listed = phases ?? [warmup, `{ name: steady, startS: 5, endS: ${durationS} }`];
  const lines = [
    "name: mine",
    `plan: { durationS: ${durationS}, players: ${players}, rate: ${rate} }`,
    `phases: [${listed.join(", ")}]`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return resolveScenario({ ...request, scenario: file });
}

test.each<[string, Written, RegExp]>([
  [
    "phases that end before the load",
    { phases: [warmup, "{ name: steady, startS: 5, endS: 15 }"] },
    /mine\.yaml: phases\.1: expected the last phase to end with the load, at 40 s .*, got 15/,
  ],
  [
    "phases that end after the load",
    { phases: [warmup, "{ name: steady, startS: 5, endS: 41 }"] },
    /phases\.1: expected the last phase to end with the load, at 40 s .*, got 41/,
  ],
  [
    "a gap between its phases",
    { phases: [warmup, "{ name: steady, startS: 6, endS: 40 }"] },
    /phases\.1: expected to start at 5 s/,
  ],
  [
    "phases that overlap",
    { phases: [warmup, "{ name: steady, startS: 4, endS: 40 }"] },
    /phases\.1: expected to start at 5 s/,
  ],
  [
    "a first phase that leaves seconds out",
    { phases: ["{ name: steady, startS: 1, endS: 40 }"] },
    /phases\.0: expected to start at 0 s/,
  ],
  [
    "a phase before the load",
    { phases: ["{ name: steady, startS: -1, endS: 40 }"] },
    /phases\.0\.startS/,
  ],
  [
    "a warm-up at its end, where nothing would count",
    {
      phases: ["{ name: steady, startS: 0, endS: 20 }", "{ name: warmup, startS: 20, endS: 40 }"],
    },
    /phases\.1: only the first phase can be warmup/,
  ],
  ["half a second of load", { durationS: 40.5 }, /plan\.durationS/],
  ["a rate behind its end", { rate: "[[0, 50], [600, 2000]]" }, /rate\[1\] is at 600 s/],
  ["players behind its end", { players: "[[0, 50], [41, 2000]]" }, /players\[1\] is at 41 s/],
])("a scenario file with %s is refused", async (_, written, problem) => {
  await expect(resolve(written)).rejects.toMatchObject({ exitCode: 2 });
  await expect(resolve(written)).rejects.toThrow(problem);
});

test.each<[string, ScenarioRequest, number]>([
  ["as it is", { ratePerS: 1000 }, 40],
  ["at another speed", { ratePerS: 1000, speed: 3 }, 13],
  ["for longer", { ratePerS: 1000, durationS: 97 }, 97],
])("--rate is what the load comes up to when it is played %s", async (_, request, durationS) => {
  const ramp = { rate: "[[0, 50], [40, 2000]]", players: "[[0, 70], [40, 700]]" };
  const { plan, phases } = await resolve(ramp, request);
  expect(plan.durationS).toBe(durationS);
  expect(peakBetween(plan.rate, 0, durationS)).toBeCloseTo(1000, 9);
  expect(peakBetween(plan.players, 0, durationS)).toBeCloseTo(700, 9);
  expect(phaseProblem(phases, durationS)).toBeUndefined();
});

test.each(scenarios)("every second of $name has one phase", ({ phases, plan }) => {
  expect(phaseProblem(phases, plan.durationS)).toBeUndefined();
});
