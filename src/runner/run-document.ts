/** `run.json` of a run that is about to start: everything that its verdict will need to know. */

import type { Lane } from "../lanes/lane.ts";
import { peak } from "../load/plan/curve.ts";
import { planned } from "../load/plan/planned.ts";
import { playerNetworks } from "../load/plan/player-networks.ts";
import { recordedCurveLines } from "../load/recorded/recorded-curve.ts";
import { optional } from "../optional.ts";
import {
  type RecordedLane,
  type RunDocument,
  runSchemaVersion,
} from "../recording/run-document.ts";
import type { PlayedScenario } from "../scenarios/scenario.ts";
import { designOf, nodesOf, type Topology, type TopologyNode } from "../topology/topology.ts";
import type { TopologySettings } from "../topology/topology-settings.ts";
import { machineFingerprint } from "./machine/machine.ts";

type RecordedActions = RecordedLane["actions"];
type RecordedNode = RunDocument["nodes"][number];

export interface RunFacts {
  readonly runId: string;
  readonly scenario: PlayedScenario;
  readonly lane: Lane;
  readonly topology: Topology;
  readonly topologySettings: TopologySettings;
  readonly runtime: RunDocument["runtime"];
  readonly versions: Readonly<Record<string, string>>;
  /** The command that plays it again. */
  readonly replay: string;
  readonly startedAt: Date;
  readonly warmFollower: boolean;
  readonly drill?: RunDocument["drill"];
  readonly retryOf?: RunDocument["retryOf"];
  readonly series?: RunDocument["series"];
}

export function newRunDocument(facts: RunFacts): RunDocument {
  const { scenario, topology, lane } = facts;
  const { plan } = scenario;
  return {
    schemaVersion: runSchemaVersion,
    runId: facts.runId,
    state: { kind: "running" },
    startedAt: facts.startedAt.toISOString(),
    durationS: plan.durationS,
    seed: plan.seed,
    scenarioName: scenario.name,
    scenario: { ...scenario },
    ...(scenario.recorded === undefined
      ? {}
      : { planNotes: recordedCurveLines(scenario.recorded) }),
    runtime: facts.runtime,
    versions: { ...facts.versions },
    machine: machineFingerprint(),
    phases: scenario.phases.map((phase) => ({ ...phase })),
    ...(scenario.faults.length === 0 ? {} : { faults: recordedFaults(scenario, lane) }),
    ...optional({ drill: facts.drill }),
    nodes: nodesOf(topology).map((node) => recordedNode(node, lane)),
    lanes: { [lane.id]: recordedLane(facts) },
    replay: facts.replay,
    ...optional({ retryOf: facts.retryOf, series: facts.series }),
    budgets: [...scenario.budgets],
  };
}

function recordedNode({ id, kind, zone, lane: laneId }: TopologyNode, lane: Lane): RecordedNode {
  const work = lane.id === laneId ? lane.recorded.work[kind] : undefined;
  return { id, kind, zone, ...optional({ lane: laneId, work }) };
}

function recordedLane({
  scenario,
  topology,
  lane,
  topologySettings,
  warmFollower,
}: RunFacts): RecordedLane {
  const { plan } = scenario;
  const { work: _, syncMs, settingsText, variant, ...facts } = lane.recorded;
  const design = designOf(topology, lane.id);
  return {
    design,
    settings: { ...topologySettings },
    settingsText: settingsText(topologySettings),
    ...optional({ variant: variant(topologySettings) }),
    players: Math.round(peak(plan.players)),
    ...facts,
    // Other designs keep no log.
    observers: { auditor: design === "log", warmFollower },
    actions: {
      dig: { kind: "write", timeoutMs: plan.timeoutMs, plannedPerS: digsPerSecond(scenario) },
      read: { kind: "read", timeoutMs: plan.timeoutMs },
      ...ofNetworks(scenario),
    },
    figures: [...lane.figures],
    clusters: topology.clusters.map(({ name, kind, roles }) => ({
      ...{ name, kind, roles },
      ...optional({ syncMs: syncMs[name] }),
    })),
    charts: [...lane.charts],
    phases: scenario.phases.map((phase) => ({ ...phase })),
  };
}

/** The same actions, by those players alone that are on one network. */
function ofNetworks({ plan }: PlayedScenario): RecordedActions {
  const { timeoutMs } = plan;
  const each = playerNetworks(plan).flatMap(({ name }) =>
    (["write", "read"] as const).map((kind) => {
      const partOf = kind === "write" ? "dig" : "read";
      return [`${partOf}/${name}`, { kind, timeoutMs, partOf }] as const;
    }),
  );
  return Object.fromEntries(each);
}

function recordedFaults(
  { faults }: PlayedScenario,
  lane: Lane,
): NonNullable<RunDocument["faults"]> {
  return faults.map(({ id, kind, selector, atS, forS }) => ({
    id,
    kind,
    target: selector,
    lanes: [lane.id],
    atS,
    forS: forS ?? null,
  }));
}

function digsPerSecond(scenario: PlayedScenario): number[] {
  const seconds = Math.ceil(scenario.plan.durationS);
  return Array.from({ length: seconds }, (_, second) => planned(scenario.plan, second).digs);
}
