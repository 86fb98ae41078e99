/**
 * How a target is named: a node (`gateway/1`), what one of a cluster is just now (`etcd/leader`), or
 * all nodes of a zone (`zone:b`), or links (`link:gateway->etcd`, each side a node, a kind of nodes,
 * `player`, the players on one network as `player/mobile-4g`, or `peers`; the right one may be a role, too: `link:peers->etcd/leader`). For a kind that acts on
 * links, nodes mean the links that lead from them to others, or from others to them. A selector is checked
 * before anything is started, and resolved when the fault fires.
 */
import { HuntError } from "../../hunt-error.ts";
import { suggestionFor } from "../../suggestion.ts";
import {
  type Cluster,
  clusterOf,
  faultTargets,
  type Link,
  linkProxyOf,
  membersOf,
  nodesOf,
  type Topology,
  type TopologyNode,
} from "../../topology/topology.ts";
import type { FaultKind, FaultWorld } from "../fault.ts";
import { type FaultPlan, faultError, notNowError } from "./fault-expression.ts";

const askBoundMs = 1_500;

/** What one of the members of a cluster is just now; any of them may turn out to be it. */
export interface TargetRole {
  readonly cluster: Cluster;
  readonly role: string;
}

/** Undefined for a name that is no role of a cluster. */
export function roleNamed(name: string, { clusters }: Topology): TargetRole | undefined {
  const cluster = clusters.find((each) => rolesOf(each).includes(name));
  if (cluster === undefined) return undefined;
  return { cluster, role: name.slice(cluster.name.length + 1) };
}

function rolesOf({ name, roles }: Cluster): string[] {
  return roles.map((role) => `${name}/${role}`);
}

/** Every role that a node of the topology can be named by, such as `etcd/leader`. */
export function roleSelectors({ clusters }: Topology): string[] {
  return clusters.flatMap(rolesOf);
}

/** Nodes that may be meant, of the kinds that the fault acts on. @throws HuntError (exit code 2). */
export function candidates(plan: FaultPlan, kind: FaultKind, topology: Topology): TopologyNode[] {
  const { selector, expression } = plan;
  const availability = kind.available("local");
  if (!availability.available) {
    throw faultError(expression, `${kind.name} is not available here: ${availability.why}`);
  }
  const nodes = nodesOf(topology);
  const onLinks = actsOnLinks(kind);
  if (selector.startsWith("link:") && onLinks) return linkCandidates(plan, topology);
  const role = roleNamed(selector, topology);
  const named = role
    ? membersOf(topology, role.cluster)
    : nodes.filter(({ id, zone }) => selector === id || selector === `zone:${zone}`);
  if (named.length === 0) {
    const zones = [...new Set(nodes.map(({ zone }) => `zone:${zone}`))];
    const known = [...nodes.map(({ id }) => id), ...roleSelectors(topology), ...zones];
    throw faultError(expression, `there is no "${selector}". ${suggestionFor(selector, known)}`);
  }
  if (onLinks) return crossing(plan, new Set(named.map(({ id }) => id)), topology);
  const fitting = named.filter((node) => actsOn(kind, node));
  const [unsuitable] = fitting.flatMap((node) => kind.unsuitable?.(node) ?? []);
  if (unsuitable !== undefined) throw faultError(expression, unsuitable);
  if (fitting.length > 0) return fitting;
  const kinds = new Set(nodes.filter((node) => actsOn(kind, node)).map((node) => node.kind));
  const fit = kind.nodeKinds === "processes" ? [...kinds] : kind.nodeKinds;
  throw faultError(expression, `${kind.name} acts on ${fit.join(", ")}, and ${selector} is none`);
}

function actsOn({ nodeKinds }: FaultKind, { kind, owned }: TopologyNode): boolean {
  return nodeKinds === "processes" ? owned !== undefined : nodeKinds.includes(kind);
}

export function actsOnLinks({ nodeKinds }: FaultKind): boolean {
  return nodeKinds !== "processes" && nodeKinds.includes("link");
}

/** The links with one side among the nodes; peers and players are always on the other one. */
function crossing(
  plan: FaultPlan,
  nodeIds: ReadonlySet<string>,
  topology: Topology,
): TopologyNode[] {
  const chosen = topology.links.filter(({ from, to }) => nodeIds.has(from) !== nodeIds.has(to));
  if (chosen.length > 0) return proxied(plan, new Set(chosen.map(({ id }) => id)), topology);
  throw faultError(plan.expression, `no link leads to or from ${plan.selector}`);
}

function linkCandidates(plan: FaultPlan, topology: Topology): TopologyNode[] {
  const { selector, expression } = plan;
  const chosen = new Set(
    topology.links
      .filter((link) => selectorsOf(link, topology).includes(selector))
      .map(({ id }) => id),
  );
  if (chosen.size === 0) {
    const known = [...new Set(topology.links.flatMap((link) => selectorsOf(link, topology)))];
    throw faultError(expression, `there is no "${selector}". ${suggestionFor(selector, known)}`);
  }
  return proxied(plan, chosen, topology);
}

function proxied(
  { expression }: FaultPlan,
  chosen: ReadonlySet<string>,
  topology: Topology,
): TopologyNode[] {
  const ports = linkProxyOf(topology)?.ports ?? [];
  const direct = [...chosen].find((id) => !ports.includes(id));
  if (direct !== undefined) {
    const how = "start it with --links proxied";
    throw faultError(expression, `the link ${direct} is direct, out of reach; ${how}`);
  }
  return faultTargets(topology).filter(({ id }) => chosen.has(id));
}

/** Every target that the fault can have in this topology, as it is named; the ones most often meant first. */
export function selectorsFor(kind: FaultKind, topology: Topology): readonly string[] {
  const nodes = nodesOf(topology);
  const ofLinks = topology.links
    .flatMap((link) => selectorsOf(link, topology))
    .filter((each) => !/^link:\S+\/\d+->/.test(each));
  const known = [
    ...roleSelectors(topology),
    ...nodes.map(({ id }) => id),
    ...nodes.map(({ zone }) => `zone:${zone}`),
    ...ofLinks.toSorted((left, right) => left.length - right.length),
  ];
  return [...new Set(known)].filter((selector) => {
    try {
      return (
        candidates({ expression: kind.name, kind: kind.name, selector }, kind, topology).length > 0
      );
    } catch (error) {
      if (error instanceof HuntError) return false;
      throw error;
    }
  });
}

/** Every way to name the link; the widest first. Any member may turn out to have the role. */
function selectorsOf({ from, to }: Link, topology: Topology): string[] {
  const sides = (id: string) => [id.startsWith("k6/") ? "player" : (id.split("/")[0] ?? id), id];
  const target = nodesOf(topology).find(({ id }) => id === to);
  const cluster = target === undefined ? undefined : clusterOf(topology, target);
  const rights = [...sides(to), ...(cluster === undefined ? [] : rolesOf(cluster))];
  return sides(from).flatMap((left) => rights.map((right) => `link:${left}->${right}`));
}

/** The role that decides among the candidates, of a node or of the member that a link leads to. */
export function roleOf(selector: string, topology: Topology): TargetRole | undefined {
  const node = selector.startsWith("link:") ? selector.split("->")[1] : selector;
  return node === undefined ? undefined : roleNamed(node, topology);
}

/** The nodes that are meant just now. @throws HuntError (exit code 2) when there is none. */
export async function resolveTargets(
  plan: FaultPlan,
  kind: FaultKind,
  world: Pick<FaultWorld, "ask"> & { readonly backend: { readonly topology: Topology } },
): Promise<readonly TopologyNode[]> {
  const { topology } = world.backend;
  const targets = candidates(plan, kind, topology);
  const wanted = roleOf(plan.selector, topology);
  if (wanted === undefined) return targets;
  const { cluster, role } = wanted;
  const members = new Map(targets.map((target) => [target, memberOf(target, topology)]));
  const found = await Promise.all(
    [...new Set(members.values())].map(async (node) => {
      const answer = await world.ask(node, AbortSignal.timeout(askBoundMs)).catch(() => undefined);
      return answer?.role === role ? [node] : [];
    }),
  );
  const [first] = found.flat();
  if (first !== undefined) return targets.filter((target) => members.get(target) === first);
  const what = `no ${cluster.name} member says that it is the ${role} just now`;
  throw notNowError(plan.expression, what);
}

/** The node itself, or the one that a link leads to. */
function memberOf(target: TopologyNode, topology: Topology): TopologyNode {
  const to = topology.links.find(({ id }) => id === target.id)?.to;
  return nodesOf(topology).find(({ id }) => id === to) ?? target;
}
