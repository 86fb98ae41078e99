/** The leader hands its leadership to a follower, as before maintenance: an election without a death. */

import type { FaultKind } from "../../../faults/fault.ts";
import { ownedProcesses, until, untilServing } from "../../../faults/kinds/serving.ts";
import { nodesOf } from "../../../topology/topology.ts";
import { callEtcd, memberState } from "./etcd-calls.ts";

const callBoundMs = 5_000;

export const leaderTransfer: FaultKind = {
  name: "leader-transfer",
  description: "the etcd leader hands its leadership to a follower (MoveLeader)",
  undo: "nothing; the cluster goes on with the new leader",
  nodeKinds: ["etcd"],
  lasts: false,
  takesAway: false,
  available: ownedProcesses,
  on(node, world) {
    let to = "";
    let calling: Promise<unknown> | undefined;
    let evidence = "";
    return {
      async inject() {
        const signal = AbortSignal.timeout(callBoundMs);
        const before = await memberState(world, node, signal);
        if (before.leaderId !== before.memberId) throw new Error(`${node.id} does not lead`);
        const others = nodesOf(world.backend.topology).filter(
          (each) =>
            each.kind === "etcd" &&
            each.id !== node.id &&
            each.settings["cluster"] === node.settings["cluster"],
        );
        const states = await Promise.all(
          others.map((other) => memberState(world, other, signal).catch(() => undefined)),
        );
        to = states.find((state) => state !== undefined)?.memberId ?? "";
        if (to === "") throw new Error("no other member answers");
        const path = "maintenance/transfer-leadership";
        calling = callEtcd(world, node, path, { targetID: to }, signal);
        calling.catch(() => {});
      },
      async waitForEffect(signal) {
        await calling;
        let found = "";
        await until(
          signal,
          () => `${node.id} still names ${found} as its leader`,
          async () => {
            const state = await memberState(world, node, signal);
            found = state.leaderId;
            evidence = `member ${to} leads in term ${state.term}`;
            return found === to;
          },
        );
      },
      heal: async () => {},
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};
