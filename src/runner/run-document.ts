/** `run.json` of a run that is about to start: everything that its verdict will need to know. */

import type { Lane } from "../lanes/lane.ts";
import { peak } from "../load/plan/curve.ts";
import { planned } from "../load/plan/planned.ts";
import { playerNetworks } from "../load/plan/player-networks.ts";
import { recordedCurveLines } from "../load/recorded/recorded-curve.ts";
import { optional } from "../optional.ts";
import { type RunDocument, runSchemaVersion } from "../recording/run-document.ts";
import type { PlayedScenario } from "../scenarios/scenario.ts";
import { designOf, nodesOf, type Topology } from "../topology/topology.ts";
import type { TopologySettings } from "../topology/topology-settings.ts";
import { machineFingerprint } from "./machine/machine.ts";

type RecordedActions = RunDocument["lanes"][string]["actions"];

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
    ...(scenario.faults.length === 0 ? {} : { faults: recordedFaults(scenario) }),
    ...optional({ drill: facts.drill }),
    topology: facts.topologySettings,
    warmFollower: facts.warmFollower,
    // Other designs keep no log.
    auditor: designOf(topology, facts.lane.id) === "log",
    nodes: nodesOf(topology).map(({ id, kind, zone }) => ({ id, kind, zone })),
    lanes: {
      [lane.id]: {
        design: designOf(topology, facts.lane.id),
        players: Math.round(peak(plan.players)),
        actions: {
          dig: { timeoutMs: plan.timeoutMs, plannedPerS: digsPerSecond(scenario) },
          read: { timeoutMs: plan.timeoutMs },
          ...ofNetworks(scenario),
        },
        figures: [...lane.figures],
      },
    },
    replay: facts.replay,
    ...optional({ retryOf: facts.retryOf, series: facts.series }),
    budgets: [...scenario.budgets],
  };
}

/** The same actions, by those players alone that are on one network. */
function ofNetworks({ plan }: PlayedScenario): RecordedActions {
  const { timeoutMs } = plan;
  const each = playerNetworks(plan).flatMap(({ name }) =>
    ["dig", "read"].map((partOf) => [`${partOf}/${name}`, { timeoutMs, partOf }] as const),
  );
  return Object.fromEntries(each);
}

function recordedFaults({ faults }: PlayedScenario): NonNullable<RunDocument["faults"]> {
  return faults.map(({ id, kind, selector, atS, forS }) => ({
    id,
    kind,
    target: selector,
    atS,
    forS: forS ?? null,
  }));
}

function digsPerSecond(scenario: PlayedScenario): number[] {
  const seconds = Math.ceil(scenario.plan.durationS);
  return Array.from({ length: seconds }, (_, second) => planned(scenario.plan, second).digs);
}
