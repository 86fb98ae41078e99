/** What the commands on a backend that stays have in common: its name, its place, and attaching to it. */
import { isAbsolute, join } from "node:path";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { roleNamed, roleSelectors } from "../../faults/plan/selector.ts";
import { HuntError } from "../../hunt-error.ts";
import type { Lane } from "../../lanes/lane.ts";
import { lanes } from "../../lanes/lanes.ts";
import { programsOf } from "../../lanes/programs-of.ts";
import { lanesOf } from "../../lanes/topology-of.ts";
import { attachBackend } from "../../runtime/local/kept/kept-backends.ts";
import type { AttachedBackend, NodeProgram } from "../../runtime/runtime.ts";
import { suggestionFor } from "../../suggestion.ts";
import { membersOf, nodesOf, type Topology, type TopologyNode } from "../../topology/topology.ts";
import { describeNodes } from "./describe-nodes.ts";

export interface NameFlags {
  readonly name?: string;
}

/** @throws HuntError (exit code 2) when the name could not be that of a folder. */
export function backendName(flags: NameFlags): string {
  const name = flags.name ?? "default";
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return name;
  throw new HuntError({
    code: "usage.flag-value",
    exitCode: exitCodes.usage,
    message: `--name: expected 1 to 32 of a-z, 0-9 and -, such as blue-2, got "${name}"`,
    hint: "hunt status --all lists the backends that there are.",
  });
}

/** `$XDG_STATE_HOME/hunt/backends`, by default below `~/.local/state`. @throws HuntError (exit code 3). */
export function backendsRoot(environment: Environment): string {
  const { XDG_STATE_HOME: configured, HOME: home } = environment.variables;
  // The specification says that a relative path is to be ignored.
  if (configured !== undefined && isAbsolute(configured))
    return join(configured, "hunt", "backends");
  if (home !== undefined && isAbsolute(home))
    return join(home, ".local", "state", "hunt", "backends");
  throw new HuntError({
    code: "environment.no-state-folder",
    exitCode: exitCodes.environment,
    message: "there is no folder for state: neither XDG_STATE_HOME nor HOME names one",
    hint: "Set XDG_STATE_HOME to an absolute path.",
  });
}

export function backendPrograms(
  environment: Environment,
  topology: Topology,
): Readonly<Record<string, NodeProgram>> {
  const { nodeBinary, packageRoot } = environment;
  return programsOf(lanesOfTopology(topology), { nodeBinary, packageRoot });
}

/** @throws HuntError (exit code 2) for one that another hunt knows. */
export function lanesOfTopology(topology: Topology): readonly Lane[] {
  return lanesOf(topology, lanes);
}

/** @throws HuntError (exit code 2) when it is not up. */
export function openBackend(environment: Environment, flags: NameFlags): Promise<AttachedBackend> {
  return attachBackend({
    root: backendsRoot(environment),
    name: backendName(flags),
    programsOf: (topology) => backendPrograms(environment, topology),
    environment: environment.variables,
  });
}

/**
 * The node that is meant: its id, or a role of its cluster, such as `etcd/leader` for the member that leads
 * just now.
 * @throws HuntError (exit code 2) when there is none.
 */
export async function resolveNode(
  environment: Environment,
  backend: AttachedBackend,
  text: string,
): Promise<TopologyNode> {
  const nodes = nodesOf(backend.topology);
  const named = nodes.find((node) => node.id === text);
  if (named !== undefined) return named;
  const { topology } = backend;
  const wanted = roleNamed(text, topology);
  if (wanted === undefined) {
    throw unknownNode(text, [...nodes.map((node) => node.id), ...roleSelectors(topology)]);
  }
  const { cluster, role } = wanted;
  const described = await describeNodes(
    backend,
    lanesOfTopology(topology),
    environment.clock.monotonicMs(),
  );
  const members = membersOf(topology, cluster);
  const node = members.find(({ id }) =>
    described.some((each) => each.id === id && each.role === role),
  );
  if (node !== undefined) return node;
  throw new HuntError({
    code: "usage.no-leader",
    exitCode: exitCodes.usage,
    message: `no ${cluster.name} member says that it is the ${role}`,
    hint: "hunt status shows how they stand.",
  });
}

/** @throws HuntError (exit code 2) that suggests the nearest node. */
export function unknownNode(node: string, known: readonly string[]): HuntError {
  return new HuntError({
    code: "usage.unknown-node",
    exitCode: exitCodes.usage,
    message: `there is no node "${node}". ${suggestionFor(node, known)}`,
    hint: "hunt status lists the nodes.",
  });
}
