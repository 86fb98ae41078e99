/**
 * Recordings of version 1, which knew one lane. Read, they become recordings of version 2, so that nothing else
 * has to know of them. Its lane is `sessions`: digs to gateways, which kept them in etcd.
 */
import { z } from "zod";
import type { ChartDefinition } from "../metrics/chart-definition.ts";
import { bytes } from "../metrics/quantity.ts";
import { optional } from "../optional.ts";
import { type RunDocument, runDocumentSchema } from "./run-document.ts";

const lane = "sessions";

const topologySchema = z.object({
  etcdSize: z.number().int().positive(),
  gateways: z.number().int().positive(),
  raftTimers: z.object({
    heartbeatMs: z.number().int().positive(),
    electionMs: z.number().int().positive(),
  }),
  etcdMetrics: z.enum(["basic", "extensive"]),
  quotaBytes: z.number().int().positive().optional(),
  foldTailBytes: z.number().int().positive().optional(),
  sessionTtlS: z.number().int().positive().optional(),
  links: z.enum(["direct", "faulted", "proxied"]).optional(),
  sabotage: z.string().optional(),
});

const { lanes: laneSchema, nodes: nodesSchema, faults: faultsSchema } = runDocumentSchema.shape;
const laneOfTime = laneSchema.valueType.pick({ design: true, players: true, figures: true });
const actionOfTime = laneSchema.valueType.shape.actions.valueType.omit({ kind: true });
const nodeOfTime = nodesSchema.unwrap().element.pick({ id: true, kind: true, zone: true });
const faultOfTime = faultsSchema.unwrap().unwrap().element.omit({ lanes: true });

const documentSchema = runDocumentSchema.omit({ lanes: true, nodes: true, faults: true }).extend({
  schemaVersion: z.literal(1),
  topology: topologySchema.optional(),
  warmFollower: z.boolean().optional(),
  auditor: z.boolean().optional(),
  nodes: z.array(nodeOfTime),
  lanes: z.record(z.string(), laneOfTime.extend({ actions: z.record(z.string(), actionOfTime) })),
  faults: z.array(faultOfTime).optional(),
});

type Document = z.infer<typeof documentSchema>;

/** The counter that grows while a node of the kind does its work. */
const workOf: Readonly<Record<string, string>> = {
  etcd: "proposalsApplied",
  gateway: "operationsApplied",
  proxy: "reads",
};

/** @throws ZodError for what is no run.json of version 1. */
export function upgradedRunDocument(value: unknown): RunDocument {
  const document = documentSchema.parse(value);
  const { topology, warmFollower, auditor, faults, ...rest } = document;
  return {
    ...rest,
    schemaVersion: 2,
    nodes: document.nodes.map((node) => {
      const work = workOf[node.kind];
      return work === undefined ? node : { ...node, lane, work };
    }),
    ...(faults === undefined
      ? {}
      : { faults: faults.map((fault) => ({ ...fault, lanes: [lane] })) }),
    lanes: Object.fromEntries(
      Object.entries(document.lanes).map(([id, each]) => [id, upgradedLane(document, id, each)]),
    ),
  };
}

function upgradedLane(
  { topology, warmFollower, auditor, phases }: Document,
  id: string,
  { actions, ...rest }: Document["lanes"][string],
): RunDocument["lanes"][string] {
  const kinds = Object.entries(actions).map(([name, action]) => {
    const kind = (action.partOf ?? name) === "read" ? ("read" as const) : ("write" as const);
    return [name, { kind, ...action }] as const;
  });
  return {
    ...rest,
    settings: { ...topology },
    settingsText: topology === undefined ? [] : settingsText(topology),
    ...optional({ variant: topology === undefined ? undefined : variantOf(topology) }),
    headline: "dig",
    fewestOperations: 100,
    // The opening of a session.
    preparingKinds: [1],
    observers: { auditor: auditor === true, warmFollower: warmFollower === true },
    actions: Object.fromEntries(kinds),
    clusters: [
      { name: "etcd", kind: "etcd", roles: ["leader", "follower"], syncMs: "walFsyncP99Ms" },
    ],
    charts: charts(id),
    phases,
  };
}

function variantOf({ raftTimers }: z.infer<typeof topologySchema>) {
  const value = `${raftTimers.heartbeatMs}/${raftTimers.electionMs}`;
  return { what: "raft timers", value, unit: "ms" };
}

function settingsText(topology: z.infer<typeof topologySchema>): string[] {
  const { etcdSize, gateways, raftTimers, quotaBytes, foldTailBytes, sessionTtlS } = topology;
  return [
    `${etcdSize} etcd members`,
    `raft timers ${raftTimers.heartbeatMs}/${raftTimers.electionMs} ms`,
    gateways === 1 ? "1 gateway" : `${gateways} gateways`,
    ...(topology.etcdMetrics === "basic" ? [] : ["extensive metrics"]),
    ...(topology.links === "proxied" ? ["links through Toxiproxy"] : []),
    ...(topology.links === "faulted" ? ["links with a fault or network through Toxiproxy"] : []),
    ...(quotaBytes === undefined ? [] : [`quota ${bytes(quotaBytes)}`]),
    ...(foldTailBytes === undefined ? [] : [`fold tail ${bytes(foldTailBytes)}`]),
    ...(sessionTtlS === undefined ? [] : [`session TTL ${sessionTtlS} s`]),
  ];
}

function charts(id: string): ChartDefinition[] {
  const raft = (percentile: "p50" | "p99") => ({
    label: percentile,
    source: { kind: "percentile" as const, series: `${id}.raftCommit`, percentile },
  });
  return [
    { title: `${id}: raft commit`, unit: "ms", log: true, lines: [raft("p50"), raft("p99")] },
    {
      title: "Duplicates: sent again, answered, not applied again",
      unit: "1/s",
      lines: [
        { label: "duplicates", source: { kind: "rate", series: "node.*.operationsDuplicate" } },
      ],
    },
  ];
}

/** Events that belong to a lane, and did not say so when there was one. */
const eventsOfLane: ReadonlySet<string> = new Set([
  "reads",
  "read-violation",
  "violation",
  "snapshot",
  "comparison",
]);

/** A line of the timeline, as it would be written today. */
export function upgradedEvent(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("kind" in value)) return value;
  return eventsOfLane.has(String(value.kind)) ? { lane, ...value } : value;
}
