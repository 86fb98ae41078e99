/** Nodes that make up one cluster, and the addresses by which they find each other. */
import type { ProgramContext } from "../runtime/runtime.ts";
import { clusterOf, linkId, membersOf, type TopologyNode } from "../topology/topology.ts";

export type NodePlace = Pick<ProgramContext, "node" | "topology" | "addresses">;

/** In start order; none of a node without a cluster. */
export function othersOf({ node, topology }: Omit<NodePlace, "addresses">): TopologyNode[] {
  const cluster = clusterOf(topology, node);
  if (cluster === undefined) return [];
  return membersOf(topology, cluster).filter(({ id }) => id !== node.id);
}

/** Where the node reaches a port of another one: through their link where the topology has one. */
export function reachedAt(place: NodePlace, to: string, port: string): string {
  return throughLink(place, place.node.id, { to, port });
}

/**
 * What the node tells others to reach its port by: they learn it from the cluster itself. Nodes of a cluster
 * tell everybody the same, so there is one link for all of `from`: `clients->cache/1:client`, `peers->cache/1:bus`.
 */
export function announcedAt(place: NodePlace, from: "clients" | "peers", port: string): string {
  return throughLink(place, from, { to: place.node.id, port });
}

function throughLink(
  { topology, addresses }: NodePlace,
  from: string,
  { to, port }: { readonly to: string; readonly port: string },
): string {
  const id = linkId(from, to, port);
  const linked = topology.links.some((link) => link.id === id);
  return linked ? addresses.linkAddress(from, to, port) : addresses.address(to, port);
}
