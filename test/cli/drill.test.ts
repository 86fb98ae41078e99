import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { drillScenario, recordedDrill } from "../../src/drills/drill-scenario.ts";
import { drillsOf, unobserved } from "../../src/drills/drills.ts";
import { lanes } from "../../src/lanes/lanes.ts";
import { runProgram } from "../../src/program.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { fakeEnvironment } from "./fake-environment.ts";

const drills = drillsOf(lanes);

test("a drill is played without what could be left out beside the load", () => {
  for (const lane of lanes) {
    const chosen = lane.readFlags({});
    const { observers } = unobserved(chosen);
    expect(Object.keys(observers)).toEqual(Object.keys(chosen.observers));
    expect(Object.values(observers)).not.toContain(true);
  }
});

test("hunt drill lists what can be rehearsed", async () => {
  const environment = fakeEnvironment(["drill"], temporaryFolder());
  expect(await runProgram(environment)).toBe(0);
  for (const { name } of drills) expect(environment.out()).toContain(name);
});

test.each([
  [["leader-los"], /unknown drill "leader-los".*leader-loss/],
  [["leader-loss", "--raft-timers", "50/100"], /at least 5 heartbeats/],
  [["jitter-storm", "--raft-timers", "50/250,50/100"], /at least 5 heartbeats/],
])("hunt drill %j is refused before anything is started", async (words, problem) => {
  const environment = fakeEnvironment(["drill", ...words], temporaryFolder());
  await expect(runProgram(environment)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(problem),
  });
});

test.each(drills)("drill $name can be played, with a steady state of 5 s before", async (drill) => {
  const { faults, phases } = await drillScenario(drill, {});
  const [warmup] = phases;
  expect(warmup?.name).toBe("warmup");
  const firstS = Math.min(...faults.map((fault) => fault.atS));
  expect(firstS - (warmup?.endS ?? 0)).toBeGreaterThanOrEqual(5);
  const { runbook } = recordedDrill(drill);
  expect(existsSync(new URL(`../../${runbook}`, import.meta.url)), runbook).toBe(true);
});
