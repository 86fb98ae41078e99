/** `auditor/1`: the auditor as a node of a run. No part of the topology: nothing connects to it, and no fault means it. */
import { join } from "node:path";
import type { Backend } from "../../../runtime/runtime.ts";
import { nodesOf, type TopologyNode } from "../../../topology/topology.ts";

export const auditorNodeId = "auditor/1";

const node: TopologyNode = { id: auditorNodeId, kind: "tool", zone: "a", ports: [], settings: {} };

/** It sees the end of the log within 5 s, or says that it did not. */
const stopTimeoutMs = 7_000;
/** Behind whatever is measured. */
const lowPriority = 10;

export interface AuditorFiles {
  readonly nodeBinary: string;
  /** The folder that holds `dist/`. */
  readonly packageRoot: string;
  /** Where `audit.bin` goes. */
  readonly auditFile: string;
}

/** Started as a child of the keeper. It follows the members' own ports, past every proxied link. */
export async function startAuditor(
  backend: Pick<Backend, "startNode" | "topology">,
  { nodeBinary, packageRoot, auditFile }: AuditorFiles,
): Promise<void> {
  const members = nodesOf(backend.topology).filter(({ kind }) => kind === "etcd");
  await backend.startNode(
    node,
    ({ addresses }) => ({
      program: nodeBinary,
      args: [
        "--enable-source-maps",
        join(packageRoot, "dist", "lanes", "sessions", "auditor", "main.js"),
        "--etcd",
        members.map(({ id }) => addresses.address(id, "client")).join(","),
        "--file",
        auditFile,
      ],
      env: {},
      nice: lowPriority,
    }),
    stopTimeoutMs,
  );
}

/** Lets it see the end of the log. Resolves when it is gone; nothing is done when it is already. */
export async function stopAuditor(backend: Pick<Backend, "status" | "stopNode">): Promise<void> {
  const found = backend.status().find(({ nodeId }) => nodeId === auditorNodeId);
  if (found !== undefined && found.state !== "exited") await backend.stopNode(auditorNodeId);
}
