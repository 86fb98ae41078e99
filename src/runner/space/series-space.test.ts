import { expect, test } from "vitest";
import { sessionsLane } from "../../lanes/sessions/sessions-lane.ts";
import { resolveScenario } from "../../scenarios/resolve-scenario.ts";
import { seriesSpace } from "./series-space.ts";

async function needed(scenario: string, repeat = 1) {
  const places = seriesSpace(
    {
      lanes: [
        {
          lane: sessionsLane,
          designs: sessionsLane.designs.filter(({ name }) => name === "log"),
          ...sessionsLane.readFlags({}),
        },
      ],
      scenario: await resolveScenario({ scenario, withoutFaults: true }),
      repeat,
      reportsDir: "reports",
    },
    "/tmp",
  );
  return places.map(({ parts }) => parts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6);
}

// Measured with du: 516 MB below TMPDIR and 1.5 MB of recording by smoke, 560 MB and 27 MB by starlight-rush.
test("a run is said to need what smoke and the default run were measured to take", async () => {
  const [smokeTemp = 0, smokeReports = 0] = await needed("smoke");
  expect(smokeTemp).toBeGreaterThan(516);
  expect(smokeReports).toBeGreaterThan(1.5);
  const [rushTemp = 0, rushReports = 0] = await needed("starlight-rush");
  expect(rushTemp).toBeGreaterThan(560);
  expect(rushReports).toBeGreaterThan(27);
  expect(rushReports).toBeLessThan(45);
});

test("recordings of several runs are needed together, the data of their nodes once", async () => {
  const [temp = 0, reports = 0] = await needed("smoke");
  const [tempOfThree, reportsOfThree] = await needed("smoke", 3);
  expect(tempOfThree).toBe(temp);
  expect(reportsOfThree).toBeCloseTo(3 * reports);
});
