import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import { twoLanes } from "../../test/fixtures/two-lanes.ts";
import { peak } from "../load/plan/curve.ts";
import type { PlanRequest } from "./lane-plans.ts";
import { lanesOfScenario, resolveScenario } from "./resolve-scenario.ts";
import { readScenarioFile } from "./scenario-file.ts";

const { lanes, tiles } = twoLanes();

const shared = "plan: { durationS: 40, players: [[0, 700]] }";
const both =
  "lanes: { sessions: { rate: [[0, 100], [40, 300]] }, tiles: { rate: [[0, 600], [40, 200]] } }";

function read(...lines: readonly string[]) {
  const file = join(temporaryFolder(), "mine.yaml");
  const phases =
    "phases: [{ name: warmup, startS: 0, endS: 5 }, { name: steady, startS: 5, endS: 40 }]";
  writeFileSync(file, ["name: mine", phases, ...lines].join("\n"));
  return readScenarioFile(file, lanes);
}

async function peaks(request: PlanRequest, playing = lanes) {
  const scenario = await read(shared, both);
  const chosen = playing.map((lane) => ({ lane, ...lane.readFlags({}) }));
  const { plans } = await resolveScenario({ ...request, scenario, lanes: chosen });
  return Object.fromEntries(Object.entries(plans).map(([id, { rate }]) => [id, peak(rate)]));
}

test("each lane's part is read by its own schema, and what all share stands in one place", async () => {
  const scenario = await read(
    shared,
    both,
    "budgets: [tiles.look.p99 < 9ms, sessions.dig.p99 < 9ms]",
  );
  expect(scenario.lanes["tiles"]).toEqual({
    rate: [
      [0, 600],
      [40, 200],
    ],
    hops: 2,
  });
  expect(scenario.lanes["sessions"]).toMatchObject({ readRatio: 0.25, timeoutMs: 5_000 });
  expect(lanesOfScenario(scenario, lanes).map(({ id }) => id)).toEqual(["sessions", "tiles"]);
  const alone = [{ lane: tiles, ...tiles.readFlags({}) }];
  const { plans, budgets } = await resolveScenario({ scenario, lanes: alone });
  expect(plans).toEqual({ tiles: expect.objectContaining({ durationS: 40, hops: 2, seed: 1 }) });
  expect(budgets).toEqual(["tiles.look.p99 < 9ms"]);
});

test("a file without lanes plays one, whose part stands under plan", async () => {
  const plan = "plan: { durationS: 40, players: [[0, 700]], rate: [[0, 9]], hops: 3 }";
  expect((await read("lane: tiles", plan)).lanes).toEqual({ tiles: { rate: [[0, 9]], hops: 3 } });
  const digs = "plan: { durationS: 40, players: [[0, 700]], rate: [[0, 9]] }";
  expect(Object.keys((await read(digs)).lanes)).toEqual(["sessions"]);
});

test.each([
  [
    [shared, "lanes: { tiels: { rate: [[0, 9]] } }"],
    /lanes\.tiels: there is no lane "tiels"\. Did you mean 'tiles'/,
  ],
  [
    [shared, "lanes: { tiles: { rate: [[0, 9]], mix: 3 } }"],
    /lanes\.tiles: Unrecognized key: "mix"/,
  ],
  [[shared, "lanes: { tiles: {} }"], /lanes\.tiles\.rate/],
  [[shared, "lanes: {}"], /lanes: expected one lane at least/],
  [[shared], /plan\.rate/],
  [
    ["plan: { durationS: 40, players: [[0, 7]], rate: [[0, 9]] }", both],
    /plan\.rate: .* under lanes\.ID/,
  ],
  [[shared, "lane: tiles", both], /lane and lanes: expected one of them/],
  [
    ["lane: tlies", "plan: { durationS: 40, players: [[0, 7]], rate: [[0, 9]] }"],
    /lane: there is no lane "tlies"/,
  ],
])("the file %j is refused with its field", async (lines, problem) => {
  await expect(read(...lines)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(problem),
  });
});

test("--rate is what all lanes come to together, in the shares of the scenario", async () => {
  // Together they are 700 at first, and 500 at the end.
  expect(await peaks({})).toEqual({ sessions: 300, tiles: 600 });
  const scaled = await peaks({ ratePerS: 1400 });
  expect(scaled["sessions"]).toBeCloseTo(600, 6);
  expect(scaled["tiles"]).toBeCloseTo(1200, 6);
  expect(await peaks({ ratesPerS: { tiles: 60 } })).toEqual({ sessions: 300, tiles: 60 });
  expect(await peaks({ ratePerS: 60 }, [tiles])).toEqual({ tiles: 60 });
});

test("--players alone sets each lane's rate by what its players do", async () => {
  expect(await peaks({ players: 1400 })).toEqual({ sessions: 200, tiles: 700 });
});

test("a lane of which the scenario says nothing, and a recording for two lanes, are refused", async () => {
  const chosen = lanes.map((lane) => ({ lane, ...lane.readFlags({}) }));
  await expect(resolveScenario({ scenario: "smoke", lanes: chosen })).rejects.toMatchObject({
    exitCode: 2,
    message: "scenario smoke has no load for lane tiles; it plays sessions",
  });
  await expect(peaks({ planFile: "traffic.csv" })).rejects.toMatchObject({
    exitCode: 2,
    message: "--plan: a recording has one curve, and 2 lanes play (sessions, tiles)",
  });
});
