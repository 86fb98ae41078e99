/** What can be broken where these lanes play: what any node or link can suffer, and what each lane adds. */
import type { FaultKind } from "../faults/fault.ts";
import { generalFaultKinds } from "../faults/faults.ts";
import type { StormWorld } from "../faults/plan/storm.ts";
import { nodesOf, type Topology } from "../topology/topology.ts";
import type { ChosenLane, Lane } from "./lane.ts";
import { laneOf } from "./topology-of.ts";

export function faultKindsOf(lanes: readonly Pick<Lane, "faultKinds">[]): readonly FaultKind[] {
  return [...generalFaultKinds, ...lanes.flatMap(({ faultKinds }) => faultKinds)];
}

export function stormWorldOf(chosen: readonly ChosenLane[]): StormWorld {
  return {
    tracks: chosen.flatMap(({ lane, settings }) => lane.stormTracks(settings)),
    kinds: faultKindsOf(chosen.map(({ lane }) => lane)),
  };
}

/** In the words of the lane that the node belongs to; see `Lane.costOfLoss`. */
export function costOfLoss(
  lanes: readonly Lane[],
  topology: Topology,
  serving: ReadonlySet<string>,
  nodeId: string,
): string | undefined {
  const node = nodesOf(topology).find(({ id }) => id === nodeId);
  const lane = node === undefined ? undefined : laneOf(node, lanes);
  return lane?.costOfLoss(topology, serving, nodeId);
}
