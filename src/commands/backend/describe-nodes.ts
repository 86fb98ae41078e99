/** The nodes of a backend as `hunt status` tells them: what the keeper knows, and what each node answers. */

import type { Lane } from "../../lanes/lane.ts";
import { nodeHealth } from "../../lanes/node-health.ts";
import { optional } from "../../optional.ts";
import { innerReasonOf } from "../../reason-of.ts";
import type { AttachedBackend, NodeStatus } from "../../runtime/runtime.ts";
import { nodesOf, type TopologyNode } from "../../topology/topology.ts";

/** A node that does not answer in this time is not healthy. */
const healthBoundMs = 1_500;

export interface NodeDescription {
  readonly id: string;
  readonly kind: string;
  /** A role of its cluster, such as `leader`; null where there is none, or where the node does not say. */
  readonly role: string | null;
  readonly zone: string;
  /** `host:port` by port name. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Of its last start; null once it has ended. */
  readonly pid: number | null;
  readonly state: "running" | "paused" | "stopping" | "dead";
  /** By a call just now. A node that is paused or dead is not asked. */
  readonly health: "ok" | "failing" | "paused" | "dead";
  readonly detail: string;
  readonly restarts: number;
  readonly startedAt: string;
  /** Null once it has ended. */
  readonly uptimeS: number | null;
  readonly logPath: string;
  readonly dataDir: string;
}

/** Every node of the topology, in its order; each that runs was asked. */
export function describeNodes(
  backend: AttachedBackend,
  lanes: readonly Lane[],
  monotonicMs: number,
): Promise<readonly NodeDescription[]> {
  const statuses = new Map(backend.status().map((status) => [status.nodeId, status]));
  const descriptions = nodesOf(backend.topology).flatMap((node) => {
    const status = statuses.get(node.id);
    return status === undefined ? [] : [describeNode(backend, lanes, node, status, monotonicMs)];
  });
  return Promise.all(descriptions);
}

async function describeNode(
  backend: AttachedBackend,
  lanes: readonly Lane[],
  node: TopologyNode,
  status: NodeStatus,
  monotonicMs: number,
): Promise<NodeDescription> {
  const dead = status.state === "exited";
  const health = await healthOf(backend, lanes, node, status);
  return {
    id: node.id,
    kind: node.kind,
    role: health.role ?? null,
    zone: node.zone,
    addresses: addressesOf(backend, node),
    pid: dead ? null : status.pid,
    state: stateNames[status.state],
    health: health.health,
    detail: health.detail,
    restarts: status.starts - 1,
    startedAt: new Date(status.startedAtMs).toISOString(),
    uptimeS: dead ? null : Math.round((monotonicMs - status.startedMonotonicMs) / 1000),
    logPath: status.logPath,
    dataDir: backend.dataDirOf(node.id),
  };
}

const stateNames = {
  starting: "running",
  ready: "running",
  paused: "paused",
  stopping: "stopping",
  exited: "dead",
} as const satisfies Record<NodeStatus["state"], NodeDescription["state"]>;

interface Answer {
  readonly health: NodeDescription["health"];
  readonly role?: string;
  readonly detail: string;
}

async function healthOf(
  backend: AttachedBackend,
  lanes: readonly Lane[],
  node: TopologyNode,
  status: NodeStatus,
): Promise<Answer> {
  if (status.state === "paused") return { health: "paused", detail: "stopped by SIGSTOP" };
  if (status.state === "exited") {
    const { code, signal } = await backend.waitForExit(node.id);
    return { health: "dead", detail: `ended with ${signal ?? `exit code ${code}`}` };
  }
  const context = {
    node,
    topology: backend.topology,
    addresses: backend.addresses,
    dataDir: backend.dataDirOf(node.id),
  };
  try {
    const answer = await nodeHealth(lanes, context, AbortSignal.timeout(healthBoundMs));
    const { healthy, role, detail } = answer;
    return { health: healthy ? "ok" : "failing", detail, ...optional({ role }) };
  } catch (error) {
    return { health: "failing", detail: whyFailing(error) };
  }
}

function whyFailing(error: unknown): string {
  const late = error instanceof Error && error.name === "TimeoutError";
  return late ? `no answer in ${healthBoundMs / 1000} s` : innerReasonOf(error);
}

function addressesOf(backend: AttachedBackend, node: TopologyNode): Record<string, string> {
  const entries = node.ports.map((port) => [port, backend.addresses.address(node.id, port)]);
  return Object.fromEntries(entries);
}
