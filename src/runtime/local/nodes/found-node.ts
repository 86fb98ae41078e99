/** Nodes that somebody else started, as the keeper lists them. */
import type { TopologyNode } from "../../../topology/topology.ts";
import type { NodeStatus } from "../../runtime.ts";
import type { KeeperNodeFacts } from "../keeper/keeper-messages.ts";
import { LocalNode } from "./local-node.ts";

export const foundState = {
  running: "ready",
  paused: "paused",
  stopping: "stopping",
  exited: "exited",
} as const satisfies Record<KeeperNodeFacts["state"], NodeStatus["state"]>;

/** One that is not of the topology: the load generator, or what a fault started. */
export function laterNode(id: string): TopologyNode {
  return { id, kind: "k6", zone: "a", ports: [], settings: {} };
}

export function foundNode(
  node: TopologyNode,
  facts: KeeperNodeFacts,
  stopTimeoutMs: number,
): LocalNode {
  const entry = new LocalNode(node, stopTimeoutMs, facts.log);
  entry.markFound(facts, foundState[facts.state]);
  return entry;
}
