import { expect, test } from "vitest";
import type { GivenFlags } from "../../lane-flag.ts";
import { readSessionsFlags } from "./settings.ts";

const topologySettings = (given: GivenFlags) => readSessionsFlags(given).settings;

test("without flags a topology has three members with short timers, and two gateways", () => {
  expect(topologySettings({})).toEqual({
    etcdSize: 3,
    gateways: 2,
    raftTimers: { heartbeatMs: 50, electionMs: 250 },
    etcdMetrics: "basic",
  });
});

test("flags are read into numbers with one unit each", () => {
  const settings = topologySettings({
    etcdSize: "7",
    gateways: "3",
    raftTimers: "500/2500",
    quota: "2GiB",
    etcdMetrics: "extensive",
    foldTail: "512KiB",
    sessionTtl: "2m",
  });
  expect(settings).toEqual({
    etcdSize: 7,
    gateways: 3,
    raftTimers: { heartbeatMs: 500, electionMs: 2500 },
    quotaBytes: 2_147_483_648,
    etcdMetrics: "extensive",
    foldTailBytes: 524_288,
    sessionTtlS: 120,
  });
});

test.each([
  ["1.5MiB", 1_572_864],
  ["3 MB", 3_000_000],
  ["2097152", 2_097_152],
])("a quota of %s is %i bytes", (quota, bytes) => {
  expect(topologySettings({ quota })["quotaBytes"]).toBe(bytes);
});
