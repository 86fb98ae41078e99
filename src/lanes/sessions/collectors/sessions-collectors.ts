/** What is read from the nodes of the sessions lane while it runs, and how the series are called. */

import { serviceCollector } from "../../../metrics/collect/collect-service.ts";
import type { Collector } from "../../../metrics/collect/collector.ts";
import type { AddressBook } from "../../../runtime/runtime.ts";
import { nodesOf, type Topology } from "../../../topology/topology.ts";
import { etcdCollectors } from "./collect-etcd.ts";

/** With extensive metrics a member's answer is 240 KB instead of 160. */
const extensiveEveryS = 2;

export function sessionsCollectors(topology: Topology, addresses: AddressBook): Collector[] {
  const nodes = nodesOf(topology);
  const members = nodes
    .filter((node) => node.kind === "etcd")
    .map((node) => ({
      nodeId: node.id,
      address: addresses.address(node.id, "client"),
      everyS: node.settings["metrics"] === "extensive" ? extensiveEveryS : 1,
    }));
  const services = nodes.flatMap((node) => {
    const kind = node.kind === "gateway" || node.kind === "proxy" ? readings[node.kind] : undefined;
    if (kind === undefined) return [];
    return serviceCollector({
      nodeId: node.id,
      address: addresses.address(node.id, kind.port),
      figures: { ...kind.figures, ...ofEveryService },
      histograms: kind.histograms,
    });
  });
  return [...etcdCollectors("etcd", members), ...services];
}

const ofEveryService = {
  eventLoopDelayP99Seconds: "nodejs_eventloop_delay_p99_seconds",
};

const readings = {
  gateway: {
    port: "admin",
    figures: {
      operationsDelivered: "sessions_operations_delivered_total",
      operationsApplied: "sessions_operations_applied_total",
      operationsDuplicate: "sessions_operations_duplicate_total",
      operationsRefused: "sessions_operations_refused_total",
      operationsUnknown: "sessions_operations_unknown_total",
      records: "sessions_records_total",
      recordBytes: "sessions_record_bytes_total",
      queueBytes: "sessions_queue_bytes",
      streams: "sessions_streams",
      takeovers: "sessions_takeovers_total",
      fenced: "sessions_fenced_total",
    },
    // Measured by the gateways at their own etcd calls; etcd's view is in its members' figures.
    histograms: { raft_commit: "sessions.raftCommit", batch_wait: "sessions.batchWait" },
  },
  proxy: {
    port: "http",
    figures: {
      reads: "sessions_reads_total",
      readBytes: "sessions_read_bytes_total",
      cacheStates: "sessions_cache_states",
      cacheBytes: "sessions_cache_bytes",
      cacheEvictions: "sessions_cache_evictions_total",
      cacheMisses: "sessions_cache_misses_total",
      tailBytes: "sessions_tail_bytes",
      warm: "sessions_warm",
      stalenessSeconds: "sessions_staleness_seconds",
      watchRestarts: "sessions_watch_restarts_total",
      memberChanges: "sessions_member_changes_total",
    },
    histograms: { read: "sessions.proxyRead" },
  },
} as const;
