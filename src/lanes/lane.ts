/** What the tool knows of a lane. A new lane is one folder beside this file and one line in `lanes.ts`. */

import type { Collector } from "../metrics/collector.ts";
import type { FigureDefinition } from "../metrics/figure.ts";
import type { AddressBook, NodeProgram } from "../runtime/runtime.ts";
import type { Topology } from "../topology/topology.ts";
import type { TopologySettings } from "../topology/topology-settings.ts";

export interface TopologyOptions extends TopologySettings {
  readonly design: string;
}

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

export interface Lane {
  readonly id: "sessions";
  readonly designs: readonly LaneDesign[];
  readonly defaultDesign: string;
  /** What is shown of the lane besides its actions, and where it comes from. */
  readonly figures: readonly FigureDefinition[];
  /** What is read from the lane's nodes while a run goes on. */
  collectors(topology: Topology, addresses: AddressBook): Collector[];
  topology(options: TopologyOptions): Topology;
  /** Programs of the lane's own services, by node kind. */
  programs(files: ServiceFiles): Readonly<Record<string, NodeProgram>>;
}
