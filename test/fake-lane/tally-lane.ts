/** The fake lane as the tool knows it: README.md. */
import { join } from "node:path";
import { z } from "zod";
import type { Lane } from "../../src/lanes/lane.ts";
import { curveSchema } from "../../src/lanes/lane-load.ts";
import { optional } from "../../src/optional.ts";
import type { NodeProgram } from "../../src/runtime/runtime.ts";
import { linkId, playersOn } from "../../src/topology/topology.ts";
import { tallyFinalReads } from "./final-reads.ts";
import { sabotages } from "./service/tally-service.ts";

const main = join(import.meta.dirname, "service", "main.ts");
const [node, port] = ["tally/1", "http"];
const timeoutMs = 1_000;

export const tallyLane: Lane = {
  id: "tally",
  defaultDesign: "memory",
  designs: [{ name: "memory", description: "Counts in memory.", knownFailures: [] }],
  readFlags: ({ sabotage }) => ({
    settings: optional({ sabotage }),
    load: {},
    observers: {},
  }),
  sabotages: sabotages.map((name) => ({ name, what: "each hundredth mark is lost" })),
  load: {
    part: z.strictObject({
      rate: curveSchema,
      readRatio: z.number().min(0).max(1).default(0.5),
      timeoutMs: z.number().positive().default(timeoutMs),
    }),
    defaults: {},
    problems: () => [],
    counts: ({ readRatio }) => [
      { what: "marks", each: 1 },
      { what: "looks", each: readRatio },
    ],
    secondsPerAction: 7,
  },
  engines: [],
  figures: [],
  panels: [],
  charts: [],
  recorded: {
    ...{ headline: "mark", fewestOperations: 10, preparingKinds: [], syncMs: {}, work: {} },
    settingsText: () => [],
    actions: (plan) => ({
      mark: { kind: "write", timeoutMs: plan.timeoutMs },
      look: { kind: "read", timeoutMs: plan.timeoutMs },
    }),
    observers: () => ({}),
    variant: () => undefined,
  },
  progress: { action: "mark", histograms: [] },
  space: () => ({ temp: [], reports: [] }),
  shortOfSpaceBytes: 0,
  wireLane: (plan, { design, ledgerFile, nodes }) => ({
    ...{ id: "tally", design, rate: plan.rate },
    actions: { mark: { timeoutMs: plan.timeoutMs }, look: { timeoutMs: plan.timeoutMs } },
    targets: { services: nodes("tally", port, undefined) },
    targetsByNetwork: {},
    ledger: ledgerFile,
    settings: { readRatio: plan.readRatio },
  }),
  observers: () => [],
  finalReads: ({ backend, folder, signal }) =>
    tallyFinalReads(folder, backend.addresses.address(node, port), signal),
  collectors: () => [],
  topology: ({ sabotage }) => ({
    stages: [
      [
        {
          ...{ id: node, kind: "tally", zone: "a", ports: [port] },
          settings: typeof sabotage === "string" ? { sabotage } : {},
        },
      ],
    ],
    links: [
      { id: linkId(playersOn(undefined), node, port), from: playersOn(undefined), to: node, port },
    ],
    clusters: [],
  }),
  nodeKinds: { tally: "service" },
  faultKinds: [],
  rehearsals: { drills: [], steadyState: [], look: "env", scenario: "smoke", players: 10 },
  stormTracks: () => [],
  health: async ({ addresses }, signal) => {
    const response = await fetch(`http://${addresses.address(node, port)}/healthz`, { signal });
    return { healthy: response.ok, detail: "counts" };
  },
  // It is no store with a quorum: what is lost with its only node is the test's to see.
  costOfLoss: () => undefined,
  hints: { next: async () => [], variables: () => ({}) },
  programs: ({ nodeBinary }) => ({ tally: program(nodeBinary) }),
};

function program(nodeBinary: string): NodeProgram {
  return {
    command: ({ addresses, node: { id, settings } }) => ({
      program: nodeBinary,
      args: [
        main,
        "--listen",
        addresses.address(id, port),
        ...(settings["sabotage"] === undefined ? [] : ["--sabotage", String(settings["sabotage"])]),
      ],
      env: {},
    }),
    checkReady: async ({ addresses, node: { id } }, signal) => {
      await fetch(`http://${addresses.address(id, port)}/healthz`, { signal });
    },
    readyTimeoutMs: 10_000,
    stopTimeoutMs: 2_000,
  };
}
