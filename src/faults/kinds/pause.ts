/**
 * SIGSTOP: the node holds its connections and answers nothing, which is harder to notice than a death.
 * The proof is the kernel's: the process is in state T.
 */
import { readFile } from "node:fs/promises";
import type { FaultKind } from "../fault.ts";
import { letGoOn, ownedProcesses, statusOf, until, untilServing } from "./serving.ts";

export const pause: FaultKind = {
  name: "pause",
  description: "SIGSTOP; the node holds its connections and answers nothing until SIGCONT",
  undo: "SIGCONT",
  nodeKinds: "processes",
  lasts: true,
  takesAway: true,
  available: ownedProcesses,
  on(node, world) {
    let evidence = "";
    return {
      inject: () => world.backend.signalNode(node.id, "SIGSTOP"),
      async waitForEffect(signal) {
        const { pid } = statusOf(world, node.id);
        await until(
          signal,
          () => `${node.id} (pid ${pid}) goes on`,
          async () => (await processState(pid)) === "T",
        );
        evidence = `pid ${pid} is stopped (state T)`;
      },
      heal: () => letGoOn(world, node),
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};

/** The letter of proc(5); undefined when the process is gone. */
export async function processState(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The program's name before it is in brackets, and may hold brackets itself.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[0];
}
