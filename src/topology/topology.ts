/**
 * A topology as data: nodes, their named ports, and the links between them. It says nothing of how
 * a node is made real; a runtime does that, with one `NodeProgram` per kind of node.
 */

import type { NetworkName } from "./networks.ts";

/** Where a node listens: a name that is unique within the node, such as `client` or `peer`. */
export type PortName = string;

/** A `tool` runs to its end, such as etcdctl. `link`: see `faultTargets`. */
export type NodeKind =
  | "etcd"
  | "postgres"
  | "valkey"
  | "nats"
  | "gateway"
  | "proxy"
  | "toxiproxy"
  | "k6"
  | "disk"
  | "sockets"
  | "tool"
  | "link";

export interface TopologyNode {
  /** `etcd/1`, `gateway/2`, `proxy/1`. */
  readonly id: string;
  readonly kind: NodeKind;
  /** `a`, `b`, `c`. */
  readonly zone: string;
  readonly ports: readonly PortName[];
  /** Plain settings of the kind, such as `{ design: "log" }`. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** A client-to-server path; faults act on it, so every connection between nodes is one. */
export interface Link {
  /** `gateway/1->etcd/2:client`, `peers->etcd/2:peer`, `player/mobile-4g->gateway/1:grpc` */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly port: PortName;
  /** What lies behind it when no fault acts on it; absent: nothing. Such a link is always proxied. */
  readonly network?: NetworkName;
}

export interface Topology {
  readonly lane: string;
  readonly design: string;
  /** In start order; nodes of one inner array start together. Stopped in reverse order. */
  readonly stages: readonly (readonly TopologyNode[])[];
  readonly links: readonly Link[];
}

export function linkId(from: string, to: string, port: PortName): string {
  return `${from}->${to}:${port}`;
}

/** A member has one peer address for all of its peers, so it has one link. */
export function peerLink(memberId: string): Link {
  const [from, port] = ["peers", "peer"];
  return { id: linkId(from, memberId, port), from, to: memberId, port };
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

/** The file name of a node: `etcd/1` becomes `etcd-1`. */
export function nodeFileName(nodeId: string): string {
  return nodeId.replaceAll("/", "-");
}
