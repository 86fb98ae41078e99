/** Whether etcd can still commit when one more of its members is taken away. */
import { nodesOf, type Topology } from "../../topology/topology.ts";
import type { QuorumLoss } from "../lane.ts";

/**
 * What taking the node away would cost: undefined when it is no member, when enough are left, or when
 * there is no quorum to lose any more.
 * @param serving Ids of the nodes that run and are not paused.
 */
export function quorumLoss(
  topology: Topology,
  serving: ReadonlySet<string>,
  nodeId: string,
): QuorumLoss | undefined {
  const nodes = nodesOf(topology);
  const node = nodes.find((each) => each.id === nodeId);
  if (node?.kind !== "etcd" || !serving.has(nodeId)) return undefined;
  const cluster = node.settings["cluster"];
  const members = nodes.filter(
    (each) => each.kind === "etcd" && each.settings["cluster"] === cluster,
  );
  const before = members.filter((member) => serving.has(member.id)).length;
  const needed = Math.floor(members.length / 2) + 1;
  const lost = before >= needed && before - 1 < needed;
  return lost ? { members: members.length, needed, left: before - 1 } : undefined;
}
