/** The fake lane beside sessions and alone: one generator, one backend, one recording, judged lane by lane. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChosenLane, Lane } from "../../src/lanes/lane.ts";
import type { GivenFlags } from "../../src/lanes/lane-flag.ts";
import { sessionsLane } from "../../src/lanes/sessions/sessions-lane.ts";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { playLanes } from "../fake-lane/play-lanes.ts";
import { guarantees } from "../fake-lane/tally-evidence.ts";
import { tallyLane } from "../fake-lane/tally-lane.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const built = mkdtempSync(join(tmpdir(), "test-of-hunt-"));
const generator = join(built, "k6");

beforeAll(async () => {
  const cwd = join(import.meta.dirname, "..", "..", "native", "k6");
  await promisify(execFile)("go", ["build", "-o", generator, "./cmd/k6-fake"], { cwd });
}, 600_000);

afterAll(() => rmSync(built, { recursive: true, force: true }));

function chosen(lane: Lane, flags: GivenFlags = {}): ChosenLane {
  return { lane, ...lane.readFlags(flags) };
}

async function play(
  lanes: readonly [ChosenLane, ...ChosenLane[]],
  faults: readonly string[] = [],
): Promise<Summary> {
  const folder = temporaryFolder();
  const rate = [[0, 50]] as const;
  const { summary } = await playLanes({
    scenario: {
      ...{ name: "lanes", description: "Lanes beside each other.", defaultSpeed: 1, budgets: [] },
      plan: { seed: 1, durationS: 20, players: [[0, 350]], skew: 1 },
      lanes: Object.fromEntries(
        lanes.map(({ lane }) => [lane.id, lane.load.part.parse({ rate })] as const),
      ),
      phases: [
        { name: "warmup", startS: 0, endS: 3 },
        { name: "steady", startS: 3, endS: 20 },
      ],
      faults,
    },
    ...{ lanes, generator, reportsDir: join(folder, "reports"), tmpDir: folder, say: () => {} },
  });
  return summary;
}

test("a fault of one lane is felt there and not beside it, and each holds what it promises", async () => {
  const summary = await play(
    [chosen(sessionsLane), chosen(tallyLane)],
    ["pause tally/1 at 8s for 1s"],
  );
  expect(summary.faults).toMatchObject([{ id: "pause", lanes: ["tally"] }]);
  const [fault] = summary.faults;
  const gapOf = (lane: string) => fault?.felt[lane]?.gapS ?? 0;
  expect(gapOf("tally")).toBeGreaterThan(0.9);
  expect(gapOf("sessions")).toBeLessThan(gapOf("tally"));
  expect(summary.lanes["tally"]?.actions["mark"]?.ok).toBeGreaterThan(500);
  expect(summary.lanes["sessions"]?.actions["dig"]?.ok).toBeGreaterThan(500);
  const outcomes = summary.guarantees.map(({ lane, outcome }) => `${lane} ${outcome}`);
  expect(new Set(outcomes)).toEqual(new Set(["sessions held", "tally held"]));
});

test("the fake lane alone is played and judged, and its planted loss is found", async () => {
  const summary = await play([chosen(tallyLane, { sabotage: "lose-one-in-100" })]);
  expect(Object.keys(summary.lanes)).toEqual(["tally"]);
  expect(summary.guarantees.find(({ id }) => id === guarantees.lost.id)).toMatchObject({
    ...{ lane: "tally", outcome: "broken" },
  });
  expect(summary.verdict).toMatchObject({ outcome: "broken", exitCode: 5 });
});
