/** What faults on processes have in common: who can be acted on, and when a node serves again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeStatus } from "../runtime/runtime.ts";
import type { TopologyNode } from "../topology/topology.ts";
import type { Availability, FaultKind, FaultWorld } from "./fault.ts";

const pollEveryMs = 50;
const askBoundMs = 1_000;

export const processNodes = ["etcd", "gateway", "proxy"] as const satisfies FaultKind["nodeKinds"];

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

/** Starts the node again on its ports, with its data, if it has ended. */
export async function startIfEnded(
  world: FaultWorld,
  nodeId: string,
  signal: AbortSignal,
): Promise<void> {
  if (statusOf(world, nodeId).state !== "exited") return;
  await world.backend.restartNode(nodeId, signal);
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
      try {
        const bounded = AbortSignal.any([signal, AbortSignal.timeout(askBoundMs)]);
        const answer = await world.ask(node, bounded);
        last = answer.detail;
        return answer.healthy;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
        return false;
      }
    },
  );
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
