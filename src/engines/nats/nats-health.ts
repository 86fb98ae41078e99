/** Whether a NATS server serves, and what it is among the servers of its JetStream. */
import { z } from "zod";
import { fetchText } from "../../metrics/collect/sources/fetch-text.ts";
import { nodeFileName } from "../../topology/topology.ts";
import type { EngineHealth } from "../engine-health.ts";

/** Of `jsz`; only servers of a cluster have one. */
export const metaAnswer = z.object({
  meta_cluster: z.object({ leader: z.string().default(""), cluster_size: z.number() }).optional(),
});

/** @param address Of the port `monitor`. */
export async function natsHealth(
  nodeId: string,
  address: string,
  signal: AbortSignal,
): Promise<EngineHealth> {
  await fetchText(`http://${address}/healthz`, signal);
  const { meta_cluster: meta } = metaAnswer.parse(
    JSON.parse(await fetchText(`http://${address}/jsz`, signal)),
  );
  if (meta === undefined) return { healthy: true, detail: "alone" };
  if (meta.leader === "") return { healthy: false, role: "no leader", detail: "without a leader" };
  const role = meta.leader === nodeFileName(nodeId) ? "leader" : "follower";
  return { healthy: true, role, detail: `${meta.leader} leads ${meta.cluster_size} servers` };
}
