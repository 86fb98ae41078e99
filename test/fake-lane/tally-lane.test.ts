import { expect, test } from "vitest";
import type { ChosenLane } from "../../src/lanes/lane.ts";
import { sessionsLane } from "../../src/lanes/sessions/sessions-lane.ts";
import { topologyOf } from "../../src/lanes/topology-of.ts";
import { newRunDocument } from "../../src/runner/record/run-document.ts";
import { resolveScenario } from "../../src/scenarios/resolve-scenario.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";
import { nodesOf } from "../../src/topology/topology.ts";
import { tallyLane } from "./tally-lane.ts";

const chosen = (lane: typeof tallyLane): ChosenLane => ({ lane, ...lane.readFlags({}) });
const both = [chosen(sessionsLane), chosen(tallyLane)];

const scenario: Scenario = {
  ...{ name: "both", description: "Two lanes.", defaultSpeed: 1 },
  plan: { seed: 1, durationS: 20, players: [[0, 70]], skew: 1 },
  lanes: {
    sessions: sessionsLane.load.part.parse({ rate: [[0, 10]] }),
    tally: tallyLane.load.part.parse({ rate: [[0, 50]] }),
  },
  phases: [
    { name: "warmup", startS: 0, endS: 5 },
    { name: "steady", startS: 5, endS: 20 },
  ],
  faults: ["kill tally/1 at 10s for 2s"],
  budgets: [],
};

async function document() {
  const played = await resolveScenario({ scenario, lanes: both });
  const topology = topologyOf(
    both.map(({ lane, settings }) => ({
      lane,
      options: { ...settings, design: lane.defaultDesign },
    })),
  );
  const facts = { runId: "both", runtime: "local" as const, versions: {}, replay: "hunt bench" };
  const run = newRunDocument({
    ...{ ...facts, scenario: played, lanes: both, topology, startedAt: new Date(0) },
  });
  return { run, topology, played };
}

test("a lane beside sessions has its node, its plan and its place in run.json", async () => {
  const { run, topology, played } = await document();
  expect(nodesOf(topology).find(({ id }) => id === "tally/1")).toMatchObject({
    lane: "tally",
    owned: "service",
  });
  expect(Object.keys(run.lanes)).toEqual(["sessions", "tally"]);
  expect(run.lanes["tally"]).toMatchObject({ design: "memory", headline: "mark", settings: {} });
  const plan = played.plans["tally"];
  expect(plan).toMatchObject({ rate: [[0, 50]], readRatio: 0.5, timeoutMs: 1_000, durationS: 20 });
  if (plan === undefined) return;
  const nodes = (kind: string) => [{ name: `${kind}/1`, address: "127.0.0.1:4000" }];
  const wired = tallyLane.wireLane(plan, { design: "memory", ledgerFile: "ledger.bin", nodes });
  expect(wired).toMatchObject({
    actions: { mark: { timeoutMs: 1_000 }, look: { timeoutMs: 1_000 } },
    targets: { services: [{ name: "tally/1", address: "127.0.0.1:4000" }] },
    settings: { readRatio: 0.5 },
  });
});

test("a fault of its node cuts its phases, and those of sessions stay whole", async () => {
  const { run } = await document();
  expect(run.faults).toMatchObject([{ id: "kill", lanes: ["tally"] }]);
  const names = (lane: string) => run.lanes[lane]?.phases.map(({ name }) => name);
  expect(names("tally")).toContain("fault:kill");
  expect(names("sessions")).toEqual(["warmup", "steady"]);
});
