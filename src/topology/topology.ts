/**
 * A topology as data: nodes, their named ports, and the links between them. It says nothing of how
 * a node is made real; a runtime does that, with one `NodeProgram` per kind of node.
 */

import type { NetworkName } from "./networks.ts";

/** Where a node listens: a name that is unique within the node, such as `client` or `peer`. */
export type PortName = string;

/**
 * What a node is: a word of its lane, such as `gateway`. A `tool` is started by a fault or an observer, and
 * runs to its end. `link`: see `faultTargets`.
 */
export type NodeKind = string;

/** Whose program a node runs: somebody else's that keeps data, or one of the lane's own. */
export type Ownership = "engine" | "service";

export interface TopologyNode {
  /** A name and a number, such as `gateway/2`; unique over all lanes. */
  readonly id: string;
  readonly kind: NodeKind;
  /** The lane that it belongs to; absent: shared by all. */
  readonly lane?: string;
  /** Faults on processes act on those that are owned; absent: on none. */
  readonly owned?: Ownership;
  /** `a`, `b`, `c`. */
  readonly zone: string;
  readonly ports: readonly PortName[];
  /** Plain settings of the kind, such as `{ design: "log" }`. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** A client-to-server path; faults act on it, so every connection between nodes is one. */
export interface Link {
  /** Such as `gateway/1->etcd/2:client`, `peers->etcd/2:peer`, `player/mobile-4g->gateway/1:grpc`. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly port: PortName;
  /** What lies behind it when no fault acts on it; absent: nothing. Such a link is always proxied. */
  readonly network?: NetworkName;
}

/** Nodes that are one store, each of which says what its role is. `NAME/ROLE` is a target of faults. */
export interface Cluster {
  /** Its nodes are `NAME/1` and up. */
  readonly name: string;
  readonly kind: NodeKind;
  /** What one of its nodes can be just now, such as `leader`. */
  readonly roles: readonly string[];
}

export interface Topology {
  readonly lanes: readonly { readonly id: string; readonly design: string }[];
  /** In start order; nodes of one inner array start together. Stopped in reverse order. */
  readonly stages: readonly (readonly TopologyNode[])[];
  readonly links: readonly Link[];
  readonly clusters: readonly Cluster[];
}

export function linkId(from: string, to: string, port: PortName): string {
  return `${from}->${to}:${port}`;
}

/** A member has one peer address for all of its peers, so it has one link. */
export function peerLink(memberId: string): Link {
  const port = "peer";
  return { id: linkId(peers, memberId, port), from: peers, to: memberId, port };
}

const peers = "peers";

/** Members that nobody of their cluster can reach while these links are cut. */
export function unheardMembers(topology: Topology, linkIds: ReadonlySet<string>): string[] {
  const cut = topology.links.filter(({ id, from }) => from === peers && linkIds.has(id));
  return cut.map(({ to }) => to);
}

/** The designs of one run as `--design` takes them: the name alone where one lane plays. */
export function designText(designs: Readonly<Record<string, string>>): string {
  const [only, ...others] = Object.values(designs);
  if (only !== undefined && others.length === 0) return only;
  return Object.entries(designs)
    .map(([id, design]) => `${id}=${design}`)
    .join(",");
}

/** The design in which the topology has the lane. @throws Error when it has none. */
export function designOf({ lanes }: Topology, laneId: string): string {
  const found = lanes.find(({ id }) => id === laneId);
  if (found === undefined) throw new Error(`the topology has no lane "${laneId}"`);
  return found.design;
}

/** The cluster that the node is a member of. */
export function clusterOf({ clusters }: Topology, { id, kind }: TopologyNode): Cluster | undefined {
  return clusters.find((each) => each.kind === kind && id.startsWith(`${each.name}/`));
}

export function membersOf(topology: Topology, cluster: Cluster): TopologyNode[] {
  return nodesOf(topology).filter((node) => clusterOf(topology, node)?.name === cluster.name);
}

export function nodesOf(topology: Topology): TopologyNode[] {
  return topology.stages.flat();
}

/**
 * The node through which the links lead; undefined where they are direct. Each of its ports but `api` is
 * called as the link whose clients it listens to.
 */
export function linkProxyOf(topology: Topology): TopologyNode | undefined {
  return nodesOf(topology).find((node) => node.kind === "toxiproxy");
}

/** Whose link it is: of all players, or of those on one network. */
export function playersOn(network: NetworkName | undefined): string {
  return network === undefined ? "k6/1" : `player/${network}`;
}

/** The same, with only these links through the proxy; the others are direct. */
export function proxyOnly(topology: Topology, linkIds: ReadonlySet<string>): Topology {
  const all = new Set(topology.links.map(({ id }) => id));
  const without = (node: TopologyNode): TopologyNode => {
    if (node.kind !== "toxiproxy") return node;
    return { ...node, ports: node.ports.filter((port) => !all.has(port) || linkIds.has(port)) };
  };
  return { ...topology, stages: topology.stages.map((stage) => stage.map(without)) };
}

/** What faults can act on: the nodes, and each link in the shape of a node, of kind `link`. */
export function faultTargets(topology: Topology): TopologyNode[] {
  const links = topology.links.map(({ id }) => ({
    id,
    kind: "link" as const,
    zone: "",
    ports: [],
    settings: {},
  }));
  return [...nodesOf(topology), ...links];
}

/** The file name of a node: `gateway/1` becomes `gateway-1`. */
export function nodeFileName(nodeId: string): string {
  return nodeId.replaceAll("/", "-");
}
