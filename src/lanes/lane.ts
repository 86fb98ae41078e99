/** What the tool knows of a lane. A new lane is one folder beside this file and one line in `lanes.ts`. */

import type { ProgramName } from "../engines/programs/programs.ts";
import type { FaultKind } from "../faults/fault.ts";
import type { StormTrack } from "../faults/plan/storm.ts";
import type { LoadPlan } from "../load/plan/load-plan.ts";
import type { NamedAddress, WireLane } from "../load/plan/plan-file.ts";
import type { ChartDefinition } from "../metrics/chart-definition.ts";
import type { Collector } from "../metrics/collect/collector.ts";
import type { FigureDefinition } from "../metrics/figure.ts";
import type { PanelDefinition } from "../metrics/panel.ts";
import type { RecordedLane } from "../recording/run-document.ts";
import type { AddressBook, NodeProgram, ProgramContext } from "../runtime/runtime.ts";
import type { LaneTopology, LinksKind } from "../topology/compose-topology.ts";
import type { NetworkName } from "../topology/networks.ts";
import type { NodeKind, Ownership, Topology } from "../topology/topology.ts";
import type { Companion, LaneRun } from "./companion.ts";
import type { LaneRehearsals } from "./drill.ts";
import type { GivenFlags } from "./lane-flag.ts";
import type { LaneHints } from "./lane-hints.ts";
import type { LaneLoad } from "./lane-load.ts";
import type { LaneSpace, PlayedOn } from "./lane-space.ts";

/**
 * What the operator chose about a lane's backend, as `run.json` keeps it, by the lane's own schema. `links` means
 * the same in every lane (`LinksKind`).
 */
export type LaneSettings = Readonly<Record<string, unknown>> & {
  readonly links?: LinksKind | undefined;
};

/** What the flags of a lane come to. */
export interface LaneChoices {
  readonly settings: LaneSettings;
  /** What its players do otherwise than the scenario says. */
  readonly load: Readonly<Record<string, unknown>>;
  /** What watches the lane and could be left out; false: it is. */
  readonly observers: Readonly<Record<string, boolean>>;
}

/** A lane that plays, as the operator set it up. */
export interface ChosenLane extends LaneChoices {
  readonly lane: Lane;
}

/** A lane and the designs that it is played in; in one series one lane may have several. */
export interface LaneInSeries extends ChosenLane {
  /** The last one is gated. */
  readonly designs: readonly LaneDesign[];
}

/** A bug that the lane's services can be started with, so that a run shows that it is caught. */
export interface Sabotage {
  readonly name: string;
  readonly what: string;
  /** Designs that alone can have it; absent: all. */
  readonly designs?: readonly string[];
}

export type TopologyOptions = LaneSettings & {
  readonly design: string;
  /** Of the run: what proxied links draw delays and losses from. */
  readonly seed?: number;
  /** Of the run: the players of each have links of their own. */
  readonly networks?: readonly NetworkName[];
};

export interface LaneDesign {
  readonly name: string;
  /** One sentence for `--help` and the report. */
  readonly description: string;
  /** Guarantees that this design is known to break, with the reason; reported as `broken` all the same. */
  readonly knownFailures: readonly { readonly guarantee: string; readonly why: string }[];
}

export interface ServiceFiles {
  readonly nodeBinary: string;
  /** The folder that holds `dist/`. */
  readonly packageRoot: string;
}

/** What a node says of itself. */
export interface NodeHealth {
  readonly healthy: boolean;
  /** What it is at the moment, where that can change: a role of its cluster, such as `leader`. */
  readonly role?: string;
  /** A few words for a person. */
  readonly detail: string;
}

/** Of a run, for what the generator is told of a lane. */
export interface WireLaneOptions {
  readonly design: string;
  readonly ledgerFile: string;
  /** All nodes of a kind, by the addresses that the players of a network reach them at. */
  nodes(kind: string, port: string, network: NetworkName | undefined): readonly NamedAddress[];
}

export interface Lane {
  /** As `--lanes` names it: lower-case letters, digits and dashes. */
  readonly id: string;
  readonly designs: readonly LaneDesign[];
  readonly defaultDesign: string;
  /** Reads what was given of its flags (`lane-flags.ts`). @throws HuntError (exit code 2). */
  readFlags(given: GivenFlags): LaneChoices;
  readonly sabotages: readonly Sabotage[];
  /** What a scenario may say of the load on it. */
  readonly load: LaneLoad;
  /** Programs that it needs beside those that any lane does; got when it is first played. */
  readonly engines: readonly ProgramName[];
  /** What is shown of the lane besides its actions, and where it comes from. */
  readonly figures: readonly FigureDefinition[];
  /** What the dashboard shows of the lane beside its load and latency. */
  readonly panels: readonly PanelDefinition[];
  /** What the reports draw of it beside its load and its response times. */
  readonly charts: readonly ChartDefinition[];
  /** What run.json says of the lane, whatever it is played with. */
  readonly recorded: {
    readonly headline: string;
    readonly fewestOperations: number;
    readonly preparingKinds: readonly number[];
    /** By cluster: the gauge of each node that tells how long its syncs to disk took. */
    readonly syncMs: Readonly<Record<string, string>>;
    /** By node kind: the counter that grows while such a node does its work. */
    readonly work: Readonly<Record<string, string>>;
    settingsText(settings: LaneSettings): string[];
    /** By name, those of all players and those of each network's alone (`partOf`). */
    actions(plan: LoadPlan): RecordedLane["actions"];
    /** What watches it in a run, by name. */
    observers(run: {
      readonly design: string;
      /** What the operator left out or not, by name. */
      readonly chosen: Readonly<Record<string, boolean>>;
    }): Readonly<Record<string, boolean>>;
    /** What tells runs of one command apart beside the design. */
    variant(settings: LaneSettings): RecordedLane["variant"];
  };
  /** What a line of progress tells of the lane while it is played. */
  readonly progress: {
    /** The action that it is about: `dig`. */
    readonly action: string;
    /** Histograms that it shows the p99 of: `raft` of `sessions.raftCommit`. */
    readonly histograms: readonly { readonly label: string; readonly series: string }[];
  };
  /**
   * The room that it needs.
   * @param run Left out for a backend without a run.
   */
  space(topology: Topology, run?: PlayedOn): LaneSpace;
  /** A node of the lane may end soon when less than this is free in the folder of the nodes' data. */
  readonly shortOfSpaceBytes: number;
  /** The lane's part of the plan that the generator plays. */
  wireLane(plan: LoadPlan, options: WireLaneOptions): WireLane;
  /** What watches the lane while it is played. */
  observers(run: LaneRun): readonly Companion[];
  /**
   * Reads back what was written, after the load, and records it.
   * @returns what was read, in words: `1,774 sessions`.
   */
  finalReads(run: LaneRun): Promise<string>;
  /** What is read from the lane's nodes while a run goes on; of the machine only what is the lane's own. */
  collectors(topology: Topology, addresses: AddressBook): Collector[];
  /** Its part of a topology; `topologyOf` makes one of the parts of all lanes that play. */
  topology(options: TopologyOptions): LaneTopology;
  /** Kinds of its nodes. */
  readonly nodeKinds: Readonly<Record<NodeKind, Ownership>>;
  /** Faults that only its nodes can suffer. */
  readonly faultKinds: readonly FaultKind[];
  /** What can be rehearsed. */
  readonly rehearsals: LaneRehearsals;
  /** What a storm draws from. */
  stormTracks(settings: LaneSettings): readonly StormTrack[];
  /** One real call against a node of the lane; rejects when it does not answer. */
  health(context: ProgramContext, signal: AbortSignal): Promise<NodeHealth>;
  /**
   * What losing the node would do to the lane's store, as the end of a sentence that begins with "it would",
   * such as "leave 1 of 3 members"; undefined when the store goes on, or stands still as it is.
   * @param serving Ids of the nodes that run and are not paused.
   */
  costOfLoss(topology: Topology, serving: ReadonlySet<string>, nodeId: string): string | undefined;
  /** For an operator at a backend that stays. */
  readonly hints: LaneHints;
  /** Programs of the lane's own services, by node kind. */
  programs(files: ServiceFiles): Readonly<Record<string, NodeProgram>>;
}
