/** What faults see of a backend and its lane; in a run, and by hand. */
import type { Clock } from "../../environment.ts";
import type { FaultWorld } from "../../faults/fault.ts";
import type { Lane } from "../../lanes/lane.ts";
import type { Backend } from "../../runtime/runtime.ts";

export function faultWorld(backend: Backend, lane: Lane, clock: Clock): FaultWorld {
  const { topology, addresses } = backend;
  return {
    backend,
    clock,
    // A health call goes over the network, and needs no folder.
    ask: (node, signal) => lane.health({ node, topology, addresses, dataDir: "" }, signal),
    quorumLoss: (serving, nodeId) => lane.quorumLoss(topology, serving, nodeId),
  };
}
