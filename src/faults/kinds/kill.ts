/** SIGKILL. The node stays dead until it is healed, and is then started again on its ports. */
import type { FaultKind } from "../fault.ts";
import { ownedProcesses, startIfEnded, statusOf, untilServing } from "./serving.ts";

export const kill: FaultKind = {
  name: "kill",
  description: "SIGKILL; the node stays dead, and is started again on its ports with its data",
  undo: "start it again",
  nodeKinds: "processes",
  lasts: true,
  takesAway: true,
  available: ownedProcesses,
  on(node, world) {
    const { pid } = statusOf(world, node.id);
    // Of this process: its warden may have started the next one by the time that its end is looked for.
    const ended = world.backend.waitForExit(node.id);
    let evidence = "";
    return {
      inject: () => world.backend.signalNode(node.id, "SIGKILL"),
      async waitForEffect() {
        const exit = await ended;
        if (exit.pid !== pid || exit.signal !== "SIGKILL") {
          throw new Error(`${node.id} (pid ${exit.pid}) ended with ${exit.signal ?? exit.code}`);
        }
        evidence = `pid ${pid} ended with SIGKILL`;
      },
      heal: (signal) => startIfEnded(world, node, signal),
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};
