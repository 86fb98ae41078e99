/** Defragmentation under load: the member copies its store, and answers nothing meanwhile. */

import type { FaultKind, FaultWorld } from "../../../faults/fault.ts";
import { ownedProcesses, untilServing } from "../../../faults/kinds/serving.ts";
import { fetchText } from "../../../metrics/collect/sources/fetch-text.ts";
import { parsePrometheusText, totalOf } from "../../../metrics/collect/sources/prometheus-text.ts";
import type { TopologyNode } from "../../../topology/topology.ts";
import { callEtcd, memberState } from "./etcd-calls.ts";

const callBoundMs = 60_000;
const counter = "etcd_disk_backend_defrag_duration_seconds_count";

export const defragment: FaultKind = {
  name: "defragment",
  description: "one etcd member copies its store and answers nothing meanwhile",
  undo: "nothing; it is over by itself",
  nodeKinds: ["etcd"],
  lasts: false,
  takesAway: true,
  available: ownedProcesses,
  on(node, world) {
    let before = { dbBytes: 0, defragments: 0 };
    let startedMs = 0;
    let calling: Promise<unknown> | undefined;
    let evidence = "";
    return {
      async inject() {
        const signal = AbortSignal.timeout(callBoundMs);
        const { dbBytes } = await memberState(world, node, signal);
        before = { dbBytes, defragments: await defragments(world, node, signal) };
        startedMs = world.clock.monotonicMs();
        calling = callEtcd(world, node, "maintenance/defragment", {}, signal);
        calling.catch(() => {});
      },
      async waitForEffect(signal) {
        await calling;
        const tookMs = Math.round(world.clock.monotonicMs() - startedMs);
        const { dbBytes } = await memberState(world, node, signal);
        const grown = (await defragments(world, node, signal)) - before.defragments;
        if (grown < 1) throw new Error(`${node.id} counts no defragmentation`);
        evidence = `took ${tookMs} ms, ${before.dbBytes} bytes before and ${dbBytes} after`;
      },
      heal: async () => {},
      waitForRecovery: (signal) => untilServing(world, node, signal),
      evidence: () => evidence,
    };
  },
};

async function defragments(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<number> {
  const address = world.backend.addresses.address(node.id, "client");
  const text = await fetchText(`http://${address}/metrics`, signal);
  return totalOf(parsePrometheusText(text, new Set([counter])), counter) ?? 0;
}
