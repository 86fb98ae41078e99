/**
 * Which lanes a fault touches; only those are excused by it, and only their phases are cut. It touches the lanes
 * that its targets belong to. A target that all lanes share, or a fault that takes the machine, touches all.
 */
import type { FaultKind } from "../../faults/fault.ts";
import { kindNamed } from "../../faults/faults.ts";
import type { FaultPlan } from "../../faults/plan/fault-expression.ts";
import { candidates } from "../../faults/plan/selector.ts";
import { nodesOf, type Topology } from "../../topology/topology.ts";

interface FaultGround {
  readonly topology: Topology;
  readonly kinds: readonly FaultKind[];
}

/** In the order in which they play. @throws HuntError (exit code 2) when the fault has no target. */
export function lanesTouched(plan: FaultPlan, { topology, kinds }: FaultGround): string[] {
  const all = topology.lanes.map(({ id }) => id);
  const kind = kindNamed(kinds, plan.kind);
  if (kind.takesMachine === true) return all;
  const laneOfNode = new Map(nodesOf(topology).map(({ id, lane }) => [id, lane]));
  const linkEnds = new Map(topology.links.map(({ id, from, to }) => [id, [from, to]]));
  const touched = candidates(plan, kind, topology).flatMap((target) => {
    const ends = linkEnds.get(target.id);
    if (ends === undefined) return target.lane ?? all;
    const lanes = ends.flatMap((end) => laneOfNode.get(end) ?? []);
    return lanes.length === 0 ? all : lanes;
  });
  return all.filter((lane) => touched.includes(lane));
}
