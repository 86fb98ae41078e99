import { expect, test } from "vitest";
import { twoLanes } from "../../../test/fixtures/two-lanes.ts";
import { resolveScenario } from "../../scenarios/resolve-scenario.ts";
import { dryRunDocument, dryRunText } from "./dry-run.ts";

const { lanes, sessions } = twoLanes();

async function planned(playing = lanes) {
  const scenario = {
    ...{ name: "both", description: "", defaultSpeed: 1, budgets: [] },
    plan: { seed: 1, durationS: 40, players: [[0, 700]] as const, skew: 1 },
    phases: [{ name: "steady" as const, startS: 0, endS: 40 }],
    lanes: {
      sessions: sessions.load.part.parse({ rate: [[0, 100]] }),
      tiles: { rate: [[0, 600]] as const },
    },
  };
  const chosen = playing.map((lane) => ({ lane, ...lane.readFlags({}) }));
  return resolveScenario({ scenario, lanes: chosen });
}

test("a dry run of several lanes has a table for each, in what its players do", async () => {
  const text = dryRunText(await planned(), lanes);
  expect(text).toMatch(/^sessions\n +FROM +TO +PLAYERS +DIGS\/S +PEAK +READS\/S$/m);
  expect(text).toContain("4,000 digs and 1,000 reads are due in 40 s");
  expect(text).toMatch(/^tiles\n +FROM +TO +PLAYERS +LOOKS\/S +PEAK$/m);
  expect(text).toContain("24,000 looks are due in 40 s; the peak is 600 looks/s and 700 players");
  const document = JSON.parse(dryRunDocument(await planned(), lanes));
  expect(Object.keys(document.lanes)).toEqual(["sessions", "tiles"]);
  expect(document.lanes.tiles.plan.rate).toEqual([[0, 600]]);
});

test("a dry run of one lane names none", async () => {
  const text = dryRunText(await planned([sessions]), [sessions]);
  expect(text).not.toContain("tiles");
  expect(text).not.toMatch(/^sessions$/m);
});
