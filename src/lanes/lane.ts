/** What the tool knows of a lane. A new lane is one folder beside this file and one line in `lanes.ts`. */

import type { ProgramName } from "../engines/programs.ts";
import type { ChartDefinition } from "../metrics/chart-definition.ts";
import type { Collector } from "../metrics/collect/collector.ts";
import type { FigureDefinition } from "../metrics/figure.ts";
import type { PanelDefinition } from "../metrics/panel.ts";
import type { RecordedLane } from "../recording/run-document.ts";
import type { AddressBook, NodeProgram, ProgramContext } from "../runtime/runtime.ts";
import type { NetworkName } from "../topology/networks.ts";
import type { Topology } from "../topology/topology.ts";
import type { TopologySettings } from "../topology/topology-settings.ts";

export interface TopologyOptions extends TopologySettings {
  readonly design: string;
  /** Of the run: what proxied links draw delays and losses from. */
  readonly seed?: number;
  /** Of the run: the players of each have links of their own. */
  readonly networks?: readonly NetworkName[];
}

export interface LaneDesign {
  readonly name: string;
  /** One sentence for `--help` and the report. */
  readonly description: string;
  /** What an acknowledged dig adds to the log and the database of each member of the store; measured. */
  readonly storeBytesPerDig: { readonly wal: number; readonly db: number };
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
  /** What it is at the moment, where that can change: `leader`, `follower`. */
  readonly role?: string;
  /** A few words for a person. */
  readonly detail: string;
}

/** What taking one more member of a store away would cost. */
export interface QuorumLoss {
  readonly members: number;
  readonly needed: number;
  /** Members that would be left. */
  readonly left: number;
}

export interface Lane {
  readonly id: "sessions";
  readonly designs: readonly LaneDesign[];
  readonly defaultDesign: string;
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
    readonly clusters: RecordedLane["clusters"];
    /** By node kind: the counter that grows while such a node does its work. */
    readonly work: Readonly<Record<string, string>>;
    settingsText(settings: TopologySettings): string[];
    /** What tells runs of one command apart beside the design. */
    variant(settings: TopologySettings): RecordedLane["variant"];
  };
  /** What is read from the lane's nodes while a run goes on. */
  collectors(topology: Topology, addresses: AddressBook): Collector[];
  topology(options: TopologyOptions): Topology;
  /** One real call against a node; rejects when it does not answer. */
  health(context: ProgramContext, signal: AbortSignal): Promise<NodeHealth>;
  /**
   * Whether the lane's store could not commit any more without the node; undefined when it could, or when
   * it can't as it is.
   * @param serving Ids of the nodes that run and are not paused.
   */
  quorumLoss(
    topology: Topology,
    serving: ReadonlySet<string>,
    nodeId: string,
  ): QuorumLoss | undefined;
  /** Programs of the lane's own services, by node kind. */
  programs(files: ServiceFiles): Readonly<Record<string, NodeProgram>>;
}
