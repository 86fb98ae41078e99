import { expect, test } from "vitest";
import type { LoadPlan } from "../../load/plan/load-plan.ts";
import { longestTimeoutMs, planFileText } from "../../load/plan/plan-file.ts";
import { wireLane } from "./wire-lane.ts";

const plan: LoadPlan = {
  seed: 7,
  durationS: 2,
  players: [[0, 7]],
  rate: [[0, 10]],
  readRatio: 0.5,
  skew: 1,
  mix: { dig_started: 1, tiles_revealed: 0, loot_claimed: 0 },
  timeoutMs: 500,
};

function lane(changes: Partial<LoadPlan> = {}) {
  return wireLane(
    { ...plan, ...changes },
    {
      design: "log",
      ledgerFile: "ledger.bin",
      nodes: (kind, port, network) => [
        { name: `${kind}/1`, address: `${network ?? "any"}:${port}` },
      ],
    },
  );
}

test("what a plan leaves open is in the lane's settings as its default", () => {
  expect(lane().settings).toEqual({
    readRatio: 0.5,
    mix: plan.mix,
    keepAliveS: 600,
    readProtocol: "http",
    readOwnWrites: false,
    twoDeviceShare: 1 / 32,
    auditedShare: 1 / 64,
  });
  expect(lane({ auditedShare: 0, readProtocol: "grpc" }).settings).toMatchObject({
    auditedShare: 0,
    readProtocol: "grpc",
  });
});

test("each network has the lane's nodes by its own addresses", () => {
  const { targets, targetsByNetwork } = lane({ networks: { lan: 1, "mobile-4g": 3 } });
  expect(targetsByNetwork).toEqual({
    lan: {
      gateways: [{ name: "gateway/1", address: "lan:grpc" }],
      reads: [{ name: "proxy/1", address: "lan:http" }],
    },
    "mobile-4g": {
      gateways: [{ name: "gateway/1", address: "mobile-4g:grpc" }],
      reads: [{ name: "proxy/1", address: "mobile-4g:http" }],
    },
  });
  expect(targets).toEqual(targetsByNetwork["lan"]);
  expect(lane().targetsByNetwork).toEqual({});
});

test("the plan file has what the lanes share beside the lanes", () => {
  const target = { runId: "test", lanes: [lane()] };
  const text = planFileText({ ...plan, networks: { lan: 1, "mobile-4g": 3 } }, target, 2);
  expect(JSON.parse(text)).toEqual({
    version: 2,
    runId: "test",
    seed: 7,
    durationS: 2,
    players: [[0, 7]],
    skew: 1,
    generator: 0,
    generators: 1,
    groups: 2,
    networks: [
      { name: "lan", share: 0.25 },
      { name: "mobile-4g", share: 0.75 },
    ],
    lanes: [lane()],
  });
  expect(longestTimeoutMs(target)).toBe(500);
});
