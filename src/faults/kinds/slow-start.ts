/**
 * A node that dies and comes back late, as after a crash with much to load: SIGKILL, started again at once,
 * and stopped (SIGSTOP) before it serves. Its process is there and its port may even take connections,
 * which is harder on clients than a port that is closed. It goes on when it is healed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultKind, FaultWorld } from "../fault.ts";
import { processState } from "./pause.ts";
import { letGoOn, ownedProcesses, startIfEnded, statusOf, until, untilServing } from "./serving.ts";

const startBoundMs = 5_000;
const startPollMs = 2;
const askBoundMs = 300;

export const slowStart: FaultKind = {
  name: "slow-start",
  description: "SIGKILL and started again, but held back before it serves until it is healed",
  undo: "SIGCONT; started again if hunt died in between",
  nodeKinds: "processes",
  lasts: true,
  takesAway: true,
  available: ownedProcesses,
  on(node, world) {
    const { backend } = world;
    const before = statusOf(world, node.id).pid;
    let evidence = "";
    return {
      async inject() {
        const ended = backend.waitForExit(node.id);
        await backend.signalNode(node.id, "SIGKILL");
        const exit = await ended;
        if (exit.pid !== before || exit.signal !== "SIGKILL") {
          throw new Error(`${node.id} (pid ${exit.pid}) ended with ${exit.signal ?? exit.code}`);
        }
        // It would wait until the node serves, which is `waitForRecovery`'s to do.
        const startedOnly = new AbortController();
        let refused: unknown;
        backend.restartNode(node.id, startedOnly.signal).catch((error: unknown) => {
          refused = error;
        });
        await untilStarted(world, node.id, before, () => refused);
        await backend.signalNode(node.id, "SIGSTOP");
        startedOnly.abort();
      },
      async waitForEffect(signal) {
        const { pid } = statusOf(world, node.id);
        await until(
          signal,
          () => `${node.id} (pid ${pid}) is not held back`,
          async () => (await processState(pid)) === "T",
        );
        const bounded = AbortSignal.any([signal, AbortSignal.timeout(askBoundMs)]);
        const serves = await world.ask(node, bounded).then(
          ({ healthy }) => healthy,
          () => false,
        );
        if (serves) throw new Error(`${node.id} (pid ${pid}) serves although it is stopped`);
        evidence = `pid ${before} ended with SIGKILL, pid ${pid} is held back (state T) and answers nothing`;
      },
      async heal(signal) {
        await letGoOn(world, node);
        await startIfEnded(world, node, signal);
      },
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};

/** A start takes a node some 50 ms at least, so it is looked for more often than anything else. */
async function untilStarted(
  world: FaultWorld,
  nodeId: string,
  before: number,
  refused: () => unknown,
): Promise<void> {
  const bound = AbortSignal.timeout(startBoundMs);
  for (;;) {
    const { pid, state } = statusOf(world, nodeId);
    if (pid !== before && pid !== 0 && state !== "exited") return;
    if (refused() !== undefined) throw refused();
    if (bound.aborted) throw new Error(`${nodeId} was not started within ${startBoundMs / 1000} s`);
    await sleep(startPollMs);
  }
}
