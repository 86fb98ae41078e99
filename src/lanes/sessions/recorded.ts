/** What a recording says of the sessions lane, so that it is judged and drawn without the lane's code. */
import type { ChartDefinition } from "../../metrics/chart-definition.ts";
import { bytes } from "../../metrics/quantity.ts";
import type { TopologySettings } from "../../topology/topology-settings.ts";
import type { Lane } from "../lane.ts";

export const sessionsCharts: readonly ChartDefinition[] = [
  {
    title: "sessions: raft commit",
    unit: "ms",
    log: true,
    lines: (["p50", "p99"] as const).map((percentile) => ({
      label: percentile,
      source: { kind: "percentile", series: "sessions.raftCommit", percentile },
    })),
  },
  {
    title: "Duplicates: sent again, answered, not applied again",
    unit: "1/s",
    lines: [
      { label: "duplicates", source: { kind: "rate", series: "node.*.operationsDuplicate" } },
    ],
  },
];

export const sessionsRecorded: Lane["recorded"] = {
  headline: "dig",
  // Fewer can't even rule out that one in 33 is lost (3/n, at 95 %).
  fewestOperations: 100,
  // The opening of a session.
  preparingKinds: [1],
  syncMs: { etcd: "walFsyncP99Ms" },
  work: { etcd: "proposalsApplied", gateway: "operationsApplied", proxy: "reads" },
  settingsText,
  variant: ({ raftTimers }) => ({
    what: "raft timers",
    value: `${raftTimers.heartbeatMs}/${raftTimers.electionMs}`,
    unit: "ms",
  }),
};

function settingsText(settings: TopologySettings): string[] {
  const { etcdSize, gateways, raftTimers, etcdMetrics, links } = settings;
  const { quotaBytes, foldTailBytes, sessionTtlS } = settings;
  return [
    `${etcdSize} etcd members`,
    `raft timers ${raftTimers.heartbeatMs}/${raftTimers.electionMs} ms`,
    gateways === 1 ? "1 gateway" : `${gateways} gateways`,
    ...(etcdMetrics === "basic" ? [] : ["extensive metrics"]),
    ...(links === "proxied" ? ["links through Toxiproxy"] : []),
    ...(links === "faulted" ? ["links with a fault or network through Toxiproxy"] : []),
    ...(quotaBytes === undefined ? [] : [`quota ${bytes(quotaBytes)}`]),
    ...(foldTailBytes === undefined ? [] : [`fold tail ${bytes(foldTailBytes)}`]),
    ...(sessionTtlS === undefined ? [] : [`session TTL ${sessionTtlS} s`]),
  ];
}
