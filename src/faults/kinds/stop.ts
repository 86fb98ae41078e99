/** SIGTERM, as a deployment does it. The node stays away until it is healed. */
import type { FaultKind } from "../fault.ts";
import { ownedProcesses, startIfEnded, statusOf, untilServing } from "./serving.ts";

export const stop: FaultKind = {
  name: "stop",
  description: "SIGTERM, SIGKILL after the node's bound; the node stays away until it is healed",
  undo: "start it again",
  nodeKinds: "processes",
  lasts: true,
  takesAway: true,
  available: ownedProcesses,
  on(node, world) {
    const { pid } = statusOf(world, node.id);
    let ending: ReturnType<typeof world.backend.stopNode> | undefined;
    let evidence = "";
    return {
      async inject() {
        ending = world.backend.stopNode(node.id);
        // Its failure is that of waitForEffect.
        ending.catch(() => {});
      },
      async waitForEffect() {
        const exit = await ending;
        evidence = `pid ${pid} ended with ${exit?.signal ?? `exit code ${exit?.code}`}`;
      },
      heal: (signal) => startIfEnded(world, node, signal),
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};
