/** What faults on processes have in common: who can be acted on, and when a node serves again. */

import { setTimeout as sleep } from "node:timers/promises";
import { HuntError } from "../../hunt-error.ts";
import { reasonOf } from "../../reason-of.ts";
import type { NodeStatus } from "../../runtime/runtime.ts";
import type { TopologyNode } from "../../topology/topology.ts";
import type { Availability, FaultWorld } from "../fault.ts";

const pollEveryMs = 50;
const askBoundMs = 1_000;

/** Faults on processes need a runtime that owns them. */
export function ownedProcesses(runtime: "local" | "docker" | "external"): Availability {
  if (runtime === "local") return { available: true };
  return { available: false, why: `runtime ${runtime} gives hunt no processes to act on` };
}

export function statusOf(world: FaultWorld, nodeId: string): NodeStatus {
  const status = world.backend.status().find((each) => each.nodeId === nodeId);
  if (status === undefined) throw new Error(`${nodeId} was never started`);
  return status;
}

/** SIGCONT; to a process that runs it does nothing. */
export async function letGoOn({ backend }: FaultWorld, node: TopologyNode): Promise<void> {
  try {
    await backend.signalNode(node.id, "SIGCONT");
  } catch (error) {
    // It has ended, so nothing holds it.
    if (error instanceof HuntError && error.code === "runtime.not-running") return;
    throw error;
  }
}

/**
 * Resolves when the node serves: one that has ended is started again on its ports, with its data. One that
 * runs may be about to end, since whoever asked it to may be dead; so it is looked at until it answers.
 */
export async function startIfEnded(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    if (statusOf(world, node.id).state === "exited") {
      await world.backend.restartNode(node.id, signal);
      return;
    }
    const { serves, detail } = await look(world, node, signal);
    if (serves && statusOf(world, node.id).state !== "stopping") return;
    if (signal.aborted) throw new Error(`${node.id} neither ends nor serves: ${detail}`);
    await sleep(pollEveryMs, undefined, { signal }).catch(() => {});
  }
}

/** Resolves when the node says that it is healthy; rejects with what it said last. */
export async function untilServing(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<void> {
  let last = "it was not asked";
  await until(
    signal,
    () => `${node.id} does not serve: ${last}`,
    async () => {
      const { serves, detail } = await look(world, node, signal);
      last = detail;
      return serves;
    },
  );
}

async function look(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<{ readonly serves: boolean; readonly detail: string }> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(askBoundMs)]);
    const { healthy, detail } = await world.ask(node, bounded);
    return { serves: healthy, detail };
  } catch (error) {
    return { serves: false, detail: reasonOf(error) };
  }
}

/** Polls until `done`; rejects with `why()` when the signal aborts. */
export async function until(
  signal: AbortSignal,
  why: () => string,
  done: () => Promise<boolean>,
): Promise<void> {
  while (!(await done())) {
    if (signal.aborted) throw new Error(why());
    await sleep(pollEveryMs, undefined, { signal }).catch(() => {});
  }
}
