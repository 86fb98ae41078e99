/** The topology in which lanes play beside each other, and which of them a node belongs to. */
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { optional } from "../optional.ts";
import { composeTopology } from "../topology/compose-topology.ts";
import type { Topology, TopologyNode } from "../topology/topology.ts";
import type { Lane, TopologyOptions } from "./lane.ts";

/** A lane as it is played. */
export interface PlayedLane {
  readonly lane: Lane;
  readonly options: TopologyOptions;
}

export function topologyOf(played: readonly PlayedLane[]): Topology {
  const parts = played.map(({ lane, options }) => ({
    ...lane.topology(options),
    id: lane.id,
    design: options.design,
    nodeKinds: lane.nodeKinds,
  }));
  const { links, seed } = played[0]?.options ?? {};
  return composeTopology(parts, optional({ links, seed }));
}

/** @throws HuntError (exit code 2) for one that another hunt knows. */
export function lanesOf(topology: Topology, known: readonly Lane[]): readonly Lane[] {
  return topology.lanes.map(({ id }) => {
    const lane = known.find((each) => each.id === id);
    if (lane !== undefined) return lane;
    throw new HuntError({
      code: "usage.unknown-lane",
      exitCode: exitCodes.usage,
      message: `this hunt does not know the lane "${id}" of the backend`,
      hint: "Use the hunt that started it.",
    });
  });
}

/** Undefined for a node that is shared. */
export function laneOf(node: TopologyNode, lanes: readonly Lane[]): Lane | undefined {
  return lanes.find(({ id }) => id === node.lane);
}
