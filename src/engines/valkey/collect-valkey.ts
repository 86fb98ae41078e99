/**
 * Figures of Valkey servers from INFO, as series `node.<id>.<figure>`, and a `leader` event when one has become
 * a master. Counters are recorded as they are; they start again at 0 with the process.
 */
import type { Collector } from "../../metrics/collect/collector.ts";
import { type CollectedNode, putFigures } from "../collected-node.ts";
import { valkeyFacts, withValkey } from "./ask-valkey.ts";

const figures: Readonly<Record<string, string>> = {
  commands: "total_commands_processed",
  connections: "connected_clients",
  connectionsRejected: "rejected_connections",
  blockedClients: "blocked_clients",
  memoryBytes: "used_memory",
  expiredKeys: "expired_keys",
  evictedKeys: "evicted_keys",
  keyHits: "keyspace_hits",
  keyMisses: "keyspace_misses",
  aofBytes: "aof_current_size",
  aofDelayedSyncs: "aof_delayed_fsync",
  replicas: "connected_slaves",
  fullSyncs: "sync_full",
};

/** One collector per server; `cluster` names it in `leader` events. */
export function valkeyCollectors(cluster: string, nodes: readonly CollectedNode[]): Collector[] {
  return nodes.map(({ nodeId, address }) => {
    let wasMaster = false;
    return {
      name: `figures of ${nodeId}`,
      async read(reading) {
        const [info, clusterInfo] = await withValkey(address, reading.signal, async (call) => {
          const told = valkeyFacts(await call("INFO"));
          const clustered = told.get("cluster_enabled") === "1";
          return [told, valkeyFacts(clustered ? await call("CLUSTER", "INFO") : "")] as const;
        });
        const isMaster = info.get("role") === "master";
        const number = (name: string) => {
          const value = info.get(name);
          return value === undefined ? undefined : Number(value);
        };
        putFigures(nodeId, reading, {
          ...Object.fromEntries(
            Object.entries(figures).map(([figure, name]) => [figure, number(name)]),
          ),
          // How far its stream of commands goes: the difference is what a replica lacks.
          replicationOffset: number(isMaster ? "master_repl_offset" : "slave_repl_offset"),
          isMaster: isMaster ? 1 : 0,
        });
        if (isMaster && !wasMaster && clusterInfo.size > 0) {
          const term = Number(clusterInfo.get("cluster_my_epoch"));
          reading.sink.event({ t: reading.t, kind: "leader", cluster, node: nodeId, term });
        }
        wasMaster = isMaster;
      },
    };
  });
}
