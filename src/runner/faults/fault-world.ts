/** What faults see of a backend and its lanes; in a run, and by hand. */
import type { Clock } from "../../environment.ts";
import type { FaultWorld } from "../../faults/fault.ts";
import { costOfLoss, faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import type { Lane } from "../../lanes/lane.ts";
import { nodeHealth } from "../../lanes/node-health.ts";
import type { Backend } from "../../runtime/runtime.ts";

export function faultWorld(backend: Backend, lanes: readonly Lane[], clock: Clock): FaultWorld {
  const { topology, addresses } = backend;
  return {
    backend,
    clock,
    // A health call goes over the network, and needs no folder.
    ask: (node, signal) => nodeHealth(lanes, { node, topology, addresses, dataDir: "" }, signal),
    kinds: faultKindsOf(lanes),
    costOfLoss: (serving, nodeId) => costOfLoss(lanes, topology, serving, nodeId),
  };
}
