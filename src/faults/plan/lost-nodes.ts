/** Which nodes a fault takes from the others while it lasts: what the guard of quorums counts. */
import type { Topology, TopologyNode } from "../../topology/topology.ts";
import { unheardMembers } from "../../topology/topology.ts";
import type { FaultKind } from "../fault.ts";

/**
 * The targets themselves, or the members that their peers can't hear: one whose peer link is cut hears the
 * others over connections of its own, but counts for no quorum (docs/links.md).
 */
export function lostNodes(
  { takesAway, cuts }: FaultKind,
  targets: readonly TopologyNode[],
  topology: Topology,
): readonly string[] {
  if (takesAway) return targets.map(({ id }) => id);
  if (cuts !== true) return [];
  return unheardMembers(topology, new Set(targets.map(({ id }) => id)));
}
