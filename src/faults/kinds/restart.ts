/** A graceful stop and a start at once, as a rolling deployment does it. */
import type { NodeStatus } from "../../runtime/runtime.ts";
import type { FaultKind } from "../fault.ts";
import { ownedProcesses, startIfEnded, statusOf, untilServing } from "./serving.ts";

export const restart: FaultKind = {
  name: "restart",
  description: "SIGTERM and started again at once, as a rolling deployment does",
  undo: "nothing; started again if hunt died in between",
  nodeKinds: "processes",
  lasts: false,
  takesAway: true,
  available: ownedProcesses,
  on(node, world) {
    const { pid } = statusOf(world, node.id);
    const abort = new AbortController();
    let restarting: Promise<NodeStatus> | undefined;
    let evidence = "";
    return {
      async inject() {
        restarting = world.backend.restartNode(node.id, abort.signal);
        restarting.catch(() => {});
      },
      async waitForEffect(signal) {
        signal.addEventListener("abort", () => abort.abort(signal.reason), { once: true });
        const status = await restarting;
        if (status === undefined || status.pid === pid) {
          throw new Error(`${node.id} (pid ${pid}) is the same process as before`);
        }
        evidence = `pid ${pid} ended, pid ${status.pid} serves`;
      },
      heal: (signal) => startIfEnded(world, node, signal),
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};
