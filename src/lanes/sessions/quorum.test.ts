import { expect, test } from "vitest";
import { quorumLoss } from "./quorum.ts";
import { sessionsTopology } from "./topology.ts";

const topology = sessionsTopology({
  design: "log",
  etcdSize: 5,
  gateways: 2,
  raftTimers: { heartbeatMs: 50, electionMs: 250 },
  etcdMetrics: "basic",
});
const members = (...numbers: number[]) => new Set(numbers.map((number) => `etcd/${number}`));

test("the member whose loss would leave less than a majority is the one that counts", () => {
  expect(quorumLoss(topology, members(1, 2, 3, 4, 5), "etcd/1")).toBeUndefined();
  expect(quorumLoss(topology, members(1, 2, 3, 4), "etcd/1")).toBeUndefined();
  expect(quorumLoss(topology, members(1, 2, 3), "etcd/1")).toEqual({
    members: 5,
    needed: 3,
    left: 2,
  });
});

test("a member that does not serve, another node, and a quorum that is lost cost nothing", () => {
  expect(quorumLoss(topology, members(1, 2, 3), "etcd/4")).toBeUndefined();
  expect(
    quorumLoss(topology, new Set([...members(1, 2, 3), "proxy/1"]), "proxy/1"),
  ).toBeUndefined();
  expect(quorumLoss(topology, members(1, 2), "etcd/1")).toBeUndefined();
});
