/** What the dashboard shows of the sessions lane besides its actions. */
import type { PanelDefinition } from "../../metrics/panel.ts";

export const sessionsPanels: readonly PanelDefinition[] = [
  {
    title: "raft",
    table: {
      nodeKind: "etcd",
      columns: [
        { label: "role", source: { kind: "gauge", series: "node.*.isLeader" }, unit: "leader" },
        { label: "term", source: { kind: "gauge", series: "node.*.term" }, unit: "count" },
        {
          label: "lag",
          source: { kind: "behind", series: "node.*.proposalsApplied" },
          unit: "count",
        },
        { label: "fsync99", source: { kind: "gauge", series: "node.*.walFsyncP99Ms" }, unit: "ms" },
        {
          label: "applied",
          source: { kind: "gauge", series: "node.*.proposalsApplied" },
          unit: "count",
        },
      ],
    },
    chart: {
      unit: "ms",
      lines: [
        {
          label: "commit p50",
          source: { kind: "percentile", series: "sessions.raftCommit", percentile: "p50" },
          unit: "ms",
        },
        {
          label: "p99",
          source: { kind: "percentile", series: "sessions.raftCommit", percentile: "p99" },
          unit: "ms",
        },
      ],
    },
  },
  {
    title: "correctness",
    outcomesOf: "sessions.dig",
    checks: "check",
    facts: [
      {
        label: "resent by players",
        source: { kind: "growth", series: "node.*.operationsDuplicate" },
        unit: "count",
      },
      {
        label: "reads that went back",
        source: { kind: "growth", series: "generator.readsBack" },
        unit: "count",
      },
      {
        label: "stale reads",
        source: { kind: "growth", series: "generator.readsStale" },
        unit: "count",
      },
      {
        label: "fenced writes",
        source: { kind: "growth", series: "node.*.fenced" },
        unit: "count",
      },
    ],
  },
];
