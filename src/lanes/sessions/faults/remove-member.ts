/**
 * A member leaves the cluster for good and a new one takes its place, as after the loss of a disk: it is
 * removed by the others, its data are thrown away, and it comes back as a learner that is promoted once it
 * has caught up (https://etcd.io/docs/v3.6/op-guide/runtime-configuration/). Every step looks at what the
 * cluster says, so another hunt can finish it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { peerUrl } from "../../../engines/etcd/etcd-peers.ts";
import type { FaultKind, FaultWorld } from "../../../faults/fault.ts";
import {
  ownedProcesses,
  startIfEnded,
  statusOf,
  until,
  untilServing,
} from "../../../faults/kinds/serving.ts";
import { nodesOf, type TopologyNode } from "../../../topology/topology.ts";
import { callEtcd, memberState } from "./etcd-calls.ts";

const callBoundMs = 5_000;
/** etcd refuses to change a cluster whose members have been connected for less than 5 s. */
const removeBoundMs = 10_000;
const askAgainEveryMs = 100;

const memberListAnswer = z.object({
  members: z.array(
    z.object({
      ID: z.string(),
      peerURLs: z.array(z.string()),
      isLearner: z.boolean().default(false),
    }),
  ),
});

type Member = z.infer<typeof memberListAnswer>["members"][number];

export const removeMember: FaultKind = {
  name: "remove-member",
  description: "an etcd member is removed from the cluster, and joins again without its data",
  undo: "throw its data away, add it as a learner, start it, promote it",
  nodeKinds: ["etcd"],
  lasts: true,
  takesAway: true,
  available: ownedProcesses,
  on(node, world) {
    const { pid } = statusOf(world, node.id);
    let memberId = "";
    let evidence = "";
    return {
      async inject() {
        const signal = AbortSignal.timeout(removeBoundMs);
        memberId = (await memberState(world, node, signal)).memberId;
        await askRemoval(world, node, memberId, signal);
      },
      async waitForEffect(signal) {
        await until(
          signal,
          () => `the others still list ${node.id}`,
          async () => (await membership(world, node, signal)) === undefined,
        );
        // It ends by itself when it hears of it; one that never hears has to be stopped.
        const exit = await world.backend.stopNode(node.id);
        evidence = `member ${memberId} is in no list; pid ${pid} ended with ${exit.signal ?? `exit code ${exit.code}`}`;
      },
      heal: (signal) => joinAgain(world, node, signal),
      async waitForRecovery(signal) {
        await until(
          signal,
          () => `${node.id} is no voting member`,
          async () => (await membership(world, node, signal))?.isLearner === false,
        );
        await untilServing(world, node, signal);
      },
      evidence: () => evidence,
    };
  },
};

async function askRemoval(
  world: FaultWorld,
  node: TopologyNode,
  memberId: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await callOthers(world, node, "cluster/member/remove", { ID: memberId }, signal);
      return;
    } catch (error) {
      if (signal.aborted || !String(error).includes("unhealthy cluster")) throw error;
      await sleep(askAgainEveryMs, undefined, { signal }).catch(() => {});
    }
  }
}

async function joinAgain(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<void> {
  const known = await membership(world, node, signal);
  if (known !== undefined && !known.isLearner) return startIfEnded(world, node, signal);
  if (known === undefined) {
    const request = { peerURLs: [peerUrl(world.backend, node.id)], isLearner: true };
    await callOthers(world, node, "cluster/member/add", request, signal);
  }
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  // A learner answers no linearizable read: it serves once it is promoted, which happens meanwhile.
  const started = world.backend.rejoinNode(node.id, either);
  try {
    await Promise.all([started, promote(world, node, either)]);
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

/** Asks until the learner has caught up. */
async function promote(world: FaultWorld, node: TopologyNode, signal: AbortSignal): Promise<void> {
  let last: unknown;
  while (!signal.aborted) {
    const member = await membership(world, node, signal).catch(() => undefined);
    if (member?.isLearner === false) return;
    if (member !== undefined) {
      const asked = { ID: member.ID };
      last = await callOthers(world, node, "cluster/member/promote", asked, signal).catch(
        (error: unknown) => error,
      );
    }
    await sleep(askAgainEveryMs, undefined, { signal }).catch(() => {});
  }
  throw new Error(`${node.id} was not promoted: ${String(last)}`);
}

/** What the others say of the node; undefined when they don't list it. */
async function membership(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<Member | undefined> {
  const answer = await callOthers(world, node, "cluster/member/list", {}, signal);
  const url = peerUrl(world.backend, node.id);
  return memberListAnswer.parse(answer).members.find(({ peerURLs }) => peerURLs.includes(url));
}

/** The first of the other members that answers. @throws Error of the last one that did not. */
async function callOthers(
  world: FaultWorld,
  node: TopologyNode,
  path: string,
  request: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  let last: unknown = new Error(`${node.id} is the only member of its cluster`);
  for (const other of nodesOf(world.backend.topology)) {
    if (other.kind !== "etcd" || other.id === node.id) continue;
    if (other.settings["cluster"] !== node.settings["cluster"]) continue;
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(callBoundMs)]);
      return await callEtcd(world, other, path, request, bounded);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
