import { expect, test } from "vitest";
import { generalFaultKinds } from "../../faults/faults.ts";
import { parseFault } from "../../faults/plan/fault-expression.ts";
import { linkId, type Topology, type TopologyNode } from "../../topology/topology.ts";
import { lanesTouched } from "./fault-lanes.ts";

function node(id: string, zone: string, lane?: string): TopologyNode {
  const kind = id.split("/")[0] ?? "";
  const ownership = lane === undefined ? {} : { lane, owned: "service" as const };
  return { id, kind, zone, ports: [], settings: {}, ...ownership };
}

const link = { from: "k6/1", to: "tally/1", port: "http" };
const id = linkId(link.from, link.to, link.port);
const topology: Topology = {
  lanes: [
    { id: "sessions", design: "log" },
    { id: "tally", design: "memory" },
  ],
  stages: [
    [{ ...node("toxiproxy/1", "a"), ports: ["api", id] }],
    [node("gateway/1", "a", "sessions"), node("gateway/2", "b", "sessions")],
    [node("tally/1", "b", "tally")],
  ],
  links: [{ id, ...link }],
  clusters: [],
};

test.each([
  ["kill gateway/1 at 5s for 1s", ["sessions"]],
  ["pause tally/1 at 5s for 1s", ["tally"]],
  ["pause zone:a at 5s for 1s", ["sessions"]],
  ["pause zone:b at 5s for 1s", ["sessions", "tally"]],
  ["degrade link:player->tally with delay=40ms at 5s for 1s", ["tally"]],
  ["noisy-neighbour tally/1 at 5s for 1s", ["sessions", "tally"]],
])("%s touches %j", (expression, lanes) => {
  const plan = parseFault(expression, generalFaultKinds);
  expect(lanesTouched(plan, { topology, kinds: generalFaultKinds })).toEqual(lanes);
});
