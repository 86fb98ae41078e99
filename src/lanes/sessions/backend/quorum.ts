/** Whether etcd can still commit when one more of its members is taken away. */
import { clusterOf, membersOf, nodesOf, type Topology } from "../../../topology/topology.ts";

/**
 * What taking the node away would do, as the end of a sentence that begins with "it would": undefined when it
 * is no member, when enough are left, or when there is no quorum to lose any more.
 * @param serving Ids of the nodes that run and are not paused.
 */
export function lossOfMember(
  topology: Topology,
  serving: ReadonlySet<string>,
  nodeId: string,
): string | undefined {
  const node = nodesOf(topology).find((each) => each.id === nodeId);
  const cluster = node === undefined ? undefined : clusterOf(topology, node);
  if (cluster?.kind !== "etcd" || !serving.has(nodeId)) return undefined;
  const members = membersOf(topology, cluster);
  const before = members.filter((member) => serving.has(member.id)).length;
  const needed = Math.floor(members.length / 2) + 1;
  if (before < needed || before - 1 >= needed) return undefined;
  return `leave ${before - 1} of ${members.length} etcd members, and ${needed} are needed to commit`;
}
