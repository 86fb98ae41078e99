/** What helps an operator at a backend that stays: commands that work as printed, and what `hunt exec` sets. */
import type { ProgramName } from "../engines/programs/programs.ts";
import type { AddressBook } from "../runtime/runtime.ts";
import type { Topology, TopologyNode } from "../topology/topology.ts";

/** A node as `hunt status` tells of it. */
export interface HintNode {
  readonly id: string;
  readonly kind: string;
  /** `host:port` by port name. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly state: "running" | "paused" | "stopping" | "dead";
  readonly health: "ok" | "failing" | "paused" | "dead";
}

export interface HintOptions {
  /** Of the lane, in the order of the topology. */
  readonly nodes: readonly HintNode[];
  /** ` --name blue`, or nothing for the default backend. */
  readonly nameFlag: string;
  /** Path of a program of hunt. */
  program(name: ProgramName): string;
}

export interface LaneHints {
  /** Under "Next" of `hunt status`. */
  next(options: HintOptions): Promise<readonly string[]>;
  /** A program whose folder `hunt exec` puts on `PATH`; absent: none. */
  readonly program?: ProgramName;
  /** Added to the environment of a command at the node by `hunt exec`. */
  variables(
    node: TopologyNode,
    topology: Topology,
    addresses: AddressBook,
  ): Readonly<Record<string, string>>;
}
