import { expect, test } from "vitest";
import { composeTopology, type LanePart } from "./compose-topology.ts";
import { clusterOf, designOf, linkId, membersOf, nodesOf } from "./topology.ts";

function part(id: string, stages: readonly (readonly string[])[]): LanePart {
  const node = (nodeId: string) => ({
    ...{ id: nodeId, kind: nodeId.split("/")[0] ?? "", zone: "a", ports: ["api"], settings: {} },
  });
  const [[first = "", second = ""] = []] = stages;
  return {
    id,
    design: `${id}-design`,
    nodeKinds: { [`${id}-store`]: "engine", [`${id}-api`]: "service" },
    stages: stages.map((stage) => stage.map(node)),
    links: [{ id: linkId(first, second, "api"), from: first, to: second, port: "api" }],
    clusters: [{ name: `${id}-store`, kind: `${id}-store`, roles: ["primary", "standby"] }],
  };
}

const tiles = part("tiles", [["tiles-store/1", "tiles-store/2"], ["tiles-api/1"]]);
const events = part("events", [["events-store/1", "events-store/2"], ["events-api/1"]]);

test("lanes start side by side, each node says whose it is, and each role belongs to one cluster", () => {
  const topology = composeTopology([tiles, events], {});
  expect(
    topology.stages.map((stage) => stage.map(({ id, lane, owned }) => [id, lane, owned])),
  ).toEqual([
    [
      ["tiles-store/1", "tiles", "engine"],
      ["tiles-store/2", "tiles", "engine"],
      ["events-store/1", "events", "engine"],
      ["events-store/2", "events", "engine"],
    ],
    [
      ["tiles-api/1", "tiles", "service"],
      ["events-api/1", "events", "service"],
    ],
  ]);
  expect(designOf(topology, "events")).toBe("events-design");
  expect(() => designOf(topology, "boards")).toThrow('no lane "boards"');
  const clusters = nodesOf(topology).map((node) => clusterOf(topology, node)?.name);
  expect(clusters).toEqual([
    ...["tiles-store", "tiles-store", "events-store", "events-store"],
    ...[undefined, undefined],
  ]);
  const members = topology.clusters.map((each) => membersOf(topology, each).map(({ id }) => id));
  expect(members).toEqual([
    ["tiles-store/1", "tiles-store/2"],
    ["events-store/1", "events-store/2"],
  ]);
});

test("lanes share one proxy of the links, which has a listener for the links of each", () => {
  const topology = composeTopology([tiles, events], { links: "proxied", seed: 7 });
  expect(topology.stages[0]).toEqual([
    {
      id: "toxiproxy/1",
      kind: "toxiproxy",
      zone: "a",
      ports: ["api", "tiles-store/1->tiles-store/2:api", "events-store/1->events-store/2:api"],
      settings: { seed: 7 },
    },
  ]);
  expect(composeTopology([tiles, events], {}).stages).toHaveLength(2);
});

test("two lanes with a node, a link or a cluster of one name are no topology", () => {
  expect(() => composeTopology([tiles, tiles], {})).toThrow('a node "tiles-store/1"');
  const nodes = { ...events, stages: [] };
  expect(() => composeTopology([tiles, { ...nodes, links: tiles.links }], {})).toThrow("a link");
  expect(() =>
    composeTopology([tiles, { ...nodes, links: [], clusters: tiles.clusters }], {}),
  ).toThrow('a cluster "tiles-store"');
});
