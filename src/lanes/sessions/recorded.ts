/** What a recording says of the sessions lane, so that it is judged and drawn without the lane's code. */
import type { LoadPlan } from "../../load/plan/load-plan.ts";
import { planned } from "../../load/plan/planned.ts";
import { playerNetworks } from "../../load/plan/player-networks.ts";
import type { ChartDefinition } from "../../metrics/chart-definition.ts";
import { bytes } from "../../metrics/quantity.ts";
import type { RecordedLane } from "../../recording/run-document.ts";
import type { Lane, LaneSettings } from "../lane.ts";
import { topologySettingsSchema } from "./settings/topology-settings.ts";

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
  actions: sessionsActions,
  // Other designs keep no log.
  observers: ({ design, chosen }) => ({
    auditor: design === "log",
    warmFollower: chosen["warmFollower"] !== false,
  }),
  variant: (settings) => {
    const { heartbeatMs, electionMs } = topologySettingsSchema.parse(settings).raftTimers;
    return { what: "raft timers", value: `${heartbeatMs}/${electionMs}`, unit: "ms" };
  },
};

function sessionsActions(plan: LoadPlan): RecordedLane["actions"] {
  const { timeoutMs } = plan;
  const ofNetworks = playerNetworks(plan).flatMap(({ name }) => [
    [`dig/${name}`, { kind: "write", timeoutMs, partOf: "dig" }] as const,
    [`read/${name}`, { kind: "read", timeoutMs, partOf: "read" }] as const,
  ]);
  const seconds = Math.ceil(plan.durationS);
  const plannedPerS = Array.from({ length: seconds }, (_, second) => planned(plan, second).digs);
  return {
    dig: { kind: "write", timeoutMs, plannedPerS },
    read: { kind: "read", timeoutMs },
    ...Object.fromEntries(ofNetworks),
  };
}

function settingsText(given: LaneSettings): string[] {
  const settings = topologySettingsSchema.parse(given);
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
