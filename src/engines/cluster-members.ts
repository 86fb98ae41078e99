/** The nodes that make up one cluster: those of a kind with the same setting `cluster`, in start order. */
import type { ProgramContext } from "../runtime/runtime.ts";
import { linkId, nodesOf, type TopologyNode } from "../topology/topology.ts";

export type NodePlace = Pick<ProgramContext, "node" | "topology" | "addresses">;

export function othersOf({ node, topology }: Omit<NodePlace, "addresses">): TopologyNode[] {
  const { cluster } = node.settings;
  return nodesOf(topology).filter(
    ({ id, kind, settings }) =>
      id !== node.id && kind === node.kind && settings["cluster"] === cluster,
  );
}

/** Where the node reaches a port of another one: through their link where the topology has one. */
export function reachedAt(
  { node, topology, addresses }: NodePlace,
  to: string,
  port: string,
): string {
  const id = linkId(node.id, to, port);
  const linked = topology.links.some((link) => link.id === id);
  return linked ? addresses.linkAddress(node.id, to, port) : addresses.address(to, port);
}
