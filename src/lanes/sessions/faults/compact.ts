/**
 * Compaction up to the newest revision, under load: a watcher that is behind by one event is cut off and
 * has to begin anew.
 */

import type { FaultKind } from "../../../faults/fault.ts";
import { ownedProcesses, untilServing } from "../../../faults/kinds/serving.ts";
import { callEtcd, memberState } from "./etcd-calls.ts";

const callBoundMs = 30_000;

export const compact: FaultKind = {
  name: "compact",
  description: "etcd forgets every revision but the newest, asked of one member",
  undo: "nothing; what was compacted stays so",
  nodeKinds: ["etcd"],
  lasts: false,
  takesAway: false,
  available: ownedProcesses,
  on(node, world) {
    let revision = 0;
    let calling: Promise<unknown> | undefined;
    let evidence = "";
    return {
      async inject() {
        const signal = AbortSignal.timeout(callBoundMs);
        revision = (await memberState(world, node, signal)).revision;
        const request = { revision: String(revision), physical: true };
        calling = callEtcd(world, node, "kv/compaction", request, signal);
        calling.catch(() => {});
      },
      async waitForEffect(signal) {
        await calling;
        const older = { key: "AA==", revision: String(revision - 1), serializable: true };
        const answer = await callEtcd(world, node, "kv/range", older, signal).then(
          () => "was read",
          (error: unknown) => String(error),
        );
        if (!answer.includes("has been compacted")) {
          throw new Error(`revision ${revision - 1} is still there at ${node.id}: ${answer}`);
        }
        evidence = `compacted to revision ${revision}; a read of ${revision - 1} is refused`;
      },
      heal: async () => {},
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};
