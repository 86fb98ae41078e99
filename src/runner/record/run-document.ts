/** `run.json` of a run that is about to start: everything that its verdict will need to know. */

import type { ScheduledFault } from "../../faults/plan/schedule.ts";
import { endOfStorm } from "../../faults/plan/storm.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import type { ChosenLane, Lane } from "../../lanes/lane.ts";
import { peak } from "../../load/plan/curve.ts";
import { recordedCurveLines } from "../../load/recorded/recorded-curve.ts";
import { optional } from "../../optional.ts";
import {
  type RecordedLane,
  type RunDocument,
  runSchemaVersion,
} from "../../recording/run-document.ts";
import { withFaultPhases } from "../../scenarios/fault-phases.ts";
import type { PlayedScenario } from "../../scenarios/scenario.ts";
import {
  type Cluster,
  designOf,
  nodesOf,
  type Topology,
  type TopologyNode,
} from "../../topology/topology.ts";
import { lanesTouched } from "../faults/fault-lanes.ts";
import { machineFingerprint } from "../machine/machine.ts";

type RecordedNode = RunDocument["nodes"][number];
type RecordedFault = NonNullable<RunDocument["faults"]>[number];

export interface RunFacts {
  readonly runId: string;
  readonly scenario: PlayedScenario;
  /** That play, as the operator set them up. */
  readonly lanes: readonly ChosenLane[];
  readonly topology: Topology;
  readonly runtime: RunDocument["runtime"];
  readonly versions: Readonly<Record<string, string>>;
  /** The command that plays it again. */
  readonly replay: string;
  readonly startedAt: Date;
  readonly drill?: RunDocument["drill"];
  readonly retryOf?: RunDocument["retryOf"];
  readonly series?: RunDocument["series"];
}

export function newRunDocument(facts: RunFacts): RunDocument {
  const { scenario, topology } = facts;
  const lanes = facts.lanes.map(({ lane }) => lane);
  const { plan } = scenario;
  const kinds = faultKindsOf(lanes);
  const faults = scenario.faults.map((fault) => ({
    fault,
    lanes: lanesTouched(fault, { topology, kinds }),
  }));
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
    ...(faults.length === 0 ? {} : { faults: faults.map(recordedFault) }),
    ...optional({ drill: facts.drill }),
    nodes: nodesOf(topology).map((node) => recordedNode(node, lanes)),
    lanes: Object.fromEntries(
      facts.lanes.map((chosen) => [chosen.lane.id, recordedLane(facts, chosen, faults)]),
    ),
    replay: facts.replay,
    ...optional({ retryOf: facts.retryOf, series: facts.series }),
    budgets: [...scenario.budgets],
  };
}

function recordedNode(
  { id, kind, zone, lane }: TopologyNode,
  lanes: readonly Lane[],
): RecordedNode {
  const work = lanes.find((each) => each.id === lane)?.recorded.work[kind];
  return { id, kind, zone, ...optional({ lane, work }) };
}

function recordedLane(
  { scenario, topology }: RunFacts,
  { lane, settings, observers: chosen }: ChosenLane,
  faults: readonly TouchingFault[],
): RecordedLane {
  const plan = scenario.plans[lane.id] ?? scenario.plan;
  const { work: _, syncMs, settingsText, variant, actions, observers, ...facts } = lane.recorded;
  const design = designOf(topology, lane.id);
  const ofLane = ({ kind }: Cluster) => lane.nodeKinds[kind] !== undefined;
  return {
    design,
    settings: { ...settings },
    settingsText: settingsText(settings),
    ...optional({ variant: variant(settings) }),
    players: Math.round(peak(plan.players)),
    ...facts,
    observers: { ...observers({ design, chosen }) },
    actions: actions(plan),
    figures: [...lane.figures],
    clusters: topology.clusters.filter(ofLane).map(({ name, kind, roles }) => ({
      ...{ name, kind, roles },
      ...optional({ syncMs: syncMs[name] }),
    })),
    charts: [...lane.charts],
    phases: lanePhases(scenario, lane, faults),
  };
}

interface TouchingFault {
  readonly fault: ScheduledFault;
  readonly lanes: readonly string[];
}

/** With only those faults cut out that touch the lane. */
function lanePhases(
  { uncutPhases, storm }: PlayedScenario,
  { id }: Lane,
  faults: readonly TouchingFault[],
): RecordedLane["phases"] {
  const touching = faults.filter(({ lanes }) => lanes.includes(id)).map(({ fault }) => fault);
  const stormEndS = storm === undefined ? undefined : endOfStorm(storm);
  return withFaultPhases(uncutPhases, touching, stormEndS).map((phase) => ({ ...phase }));
}

function recordedFault({ fault, lanes }: TouchingFault): RecordedFault {
  const { id, kind, selector, atS, forS } = fault;
  return { id, kind, target: selector, lanes, atS, forS: forS ?? null };
}
