/**
 * Figures of NATS servers from their monitoring port, as series `node.<id>.<figure>`, and a `leader` event when
 * the leader of JetStream changes. Counters are recorded as they are; they start again at 0 with the process.
 */
import { z } from "zod";
import type { Collector, Reading } from "../../metrics/collect/collector.ts";
import { LeaderChanges } from "../../metrics/collect/leader-changes.ts";
import { fetchText } from "../../metrics/collect/sources/fetch-text.ts";
import { nodeFileName } from "../../topology/topology.ts";
import { type CollectedNode, putFigures } from "../collected-node.ts";
import { metaAnswer } from "./nats-health.ts";

const serverAnswer = z.object({
  in_msgs: z.number(),
  out_msgs: z.number(),
  in_bytes: z.number(),
  out_bytes: z.number(),
  connections: z.number(),
  total_connections: z.number(),
  subscriptions: z.number(),
  slow_consumers: z.number(),
});

const storeAnswer = z.object({
  streams: z.number().default(0),
  consumers: z.number().default(0),
  messages: z.number().default(0),
  bytes: z.number().default(0),
  api: z.object({ total: z.number().default(0), errors: z.number().default(0) }).optional(),
});

/** One collector per server; `cluster` names it in `leader` events. The addresses are of the ports `monitor`. */
export function natsCollectors(cluster: string, nodes: readonly CollectedNode[]): Collector[] {
  // The server tells no term: leaders are counted.
  const leaders = new LeaderChanges(cluster);
  let leader = "";
  let count = 0;
  return nodes.map(({ nodeId, address }) => ({
    name: `figures of ${nodeId}`,
    async read(reading: Reading) {
      const ask = async (path: string): Promise<unknown> =>
        JSON.parse(await fetchText(`http://${address}/${path}`, reading.signal));
      const server = serverAnswer.parse(await ask("varz"));
      const told = await ask("jsz");
      const store = storeAnswer.parse(told);
      const { meta_cluster: meta } = metaAnswer.parse(told);
      const leads = meta?.leader === nodeFileName(nodeId);
      if (leads && leader !== nodeId) {
        leader = nodeId;
        count += 1;
        leaders.observe(nodeId, count, reading);
      }
      putFigures(nodeId, reading, {
        messagesIn: server.in_msgs,
        messagesOut: server.out_msgs,
        bytesIn: server.in_bytes,
        bytesOut: server.out_bytes,
        connections: server.connections,
        connectionsMade: server.total_connections,
        subscriptions: server.subscriptions,
        slowConsumers: server.slow_consumers,
        streams: store.streams,
        consumers: store.consumers,
        storedMessages: store.messages,
        storedBytes: store.bytes,
        storeCalls: store.api?.total,
        storeErrors: store.api?.errors,
        ...(meta === undefined ? {} : { isLeader: leads ? 1 : 0 }),
      });
    },
  }));
}
