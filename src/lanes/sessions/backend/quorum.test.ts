import { expect, test } from "vitest";
import { topologyOf } from "../../topology-of.ts";
import { sessionsLane } from "../sessions-lane.ts";
import { lossOfMember } from "./quorum.ts";

const options = {
  ...{ design: "log", gateways: 2, etcdSize: 5, etcdMetrics: "basic" as const },
  raftTimers: { heartbeatMs: 50, electionMs: 250 },
};
const topology = topologyOf([{ lane: sessionsLane, options }]);
const members = (...numbers: number[]) => new Set(numbers.map((number) => `etcd/${number}`));

test("the member whose loss would leave less than a majority is the one that counts", () => {
  expect(lossOfMember(topology, members(1, 2, 3, 4, 5), "etcd/1")).toBeUndefined();
  expect(lossOfMember(topology, members(1, 2, 3, 4), "etcd/1")).toBeUndefined();
  expect(lossOfMember(topology, members(1, 2, 3), "etcd/1")).toBe(
    "leave 2 of 5 etcd members, and 3 are needed to commit",
  );
});

test("a member that does not serve, another node, and a quorum that is lost cost nothing", () => {
  expect(lossOfMember(topology, members(1, 2, 3), "etcd/4")).toBeUndefined();
  expect(
    lossOfMember(topology, new Set([...members(1, 2, 3), "proxy/1"]), "proxy/1"),
  ).toBeUndefined();
  expect(lossOfMember(topology, members(1, 2), "etcd/1")).toBeUndefined();
});
