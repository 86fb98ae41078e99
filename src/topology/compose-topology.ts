/**
 * One topology of the parts of several lanes. The parts lie side by side, stage by stage; what belongs to no
 * lane is made here, once: the proxy of the links.
 */
import { optional } from "../optional.ts";
import type { Cluster, Link, NodeKind, Ownership, Topology, TopologyNode } from "./topology.ts";

/** What a lane adds to a topology. */
export interface LaneTopology {
  /** In start order; nodes of one inner array start together. */
  readonly stages: readonly (readonly Omit<TopologyNode, "lane" | "owned">[])[];
  readonly links: readonly Link[];
  readonly clusters: readonly Cluster[];
}

export interface LanePart extends LaneTopology {
  readonly id: string;
  readonly design: string;
  readonly nodeKinds: Readonly<Record<NodeKind, Ownership>>;
}

export interface ComposeOptions {
  /** `direct` when absent. */
  readonly links?: LinksKind;
  /** What proxied links draw delays and losses from. */
  readonly seed?: number;
}

/**
 * `proxied`: through Toxiproxy, so that faults can act on links; `faulted`: those that the run's faults act
 * on (`proxyOnly`). A link with a network behind it is always proxied.
 */
export type LinksKind = "direct" | "faulted" | "proxied";

/** @throws Error when two lanes have a node, a link or a cluster of one name. */
export function composeTopology(parts: readonly LanePart[], options: ComposeOptions): Topology {
  const depth = Math.max(0, ...parts.map(({ stages }) => stages.length));
  const stages = Array.from({ length: depth }, (_, index) =>
    parts.flatMap((part) => (part.stages[index] ?? []).map((node) => ownNode(part, node))),
  );
  const links = parts.flatMap((part) => part.links);
  const clusters = parts.flatMap((part) => part.clusters);
  refuseTwice(
    "node",
    stages.flat().map(({ id }) => id),
  );
  refuseTwice(
    "link",
    links.map(({ id }) => id),
  );
  refuseTwice(
    "cluster",
    clusters.map(({ name }) => name),
  );
  return {
    lanes: parts.map(({ id, design }) => ({ id, design })),
    stages: [...linkProxyStage(links, options), ...stages],
    links,
    clusters,
  };
}

function ownNode(
  { id, nodeKinds }: LanePart,
  node: LaneTopology["stages"][number][number],
): TopologyNode {
  return { ...node, lane: id, ...optional({ owned: nodeKinds[node.kind] }) };
}

/** It starts first: members find each other through it. */
function linkProxyStage(
  all: readonly Link[],
  { links = "direct", seed }: ComposeOptions,
): TopologyNode[][] {
  const behind = all.some(({ network }) => network !== undefined);
  if (!behind && links === "direct") return [];
  const ports = ["api", ...all.map(({ id }) => id)];
  return [
    [{ id: "toxiproxy/1", kind: "toxiproxy", zone: "a", ports, settings: optional({ seed }) }],
  ];
}

function refuseTwice(what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two lanes have a ${what} "${twice}"`);
}
