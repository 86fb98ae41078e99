/**
 * `disk/1`: the small program that syncs a file of its own beside the nodes' data, and tells how long that
 * takes (`native/tools/cmd/disk`). It runs beside the backend and is no part of the topology: a probe of
 * the machine's disk that has no part in what the backend writes.
 */
import { join } from "node:path";
import type { Backend } from "../runtime/runtime.ts";
import type { TopologyNode } from "../topology/topology.ts";
import { binaryPath } from "./programs/binaries.ts";

export const diskNodeId = "disk/1";

const node: TopologyNode = {
  id: diskNodeId,
  kind: "disk",
  zone: "a",
  ports: ["http"],
  settings: {},
};

const stopTimeoutMs = 1_000;

/** Started as a child of the keeper; it answers a moment later. */
export async function startDisk(backend: Pick<Backend, "startNode">): Promise<void> {
  await backend.startNode(
    node,
    ({ addresses, dataDir }) => ({
      program: binaryPath("disk"),
      args: [
        "--listen",
        addresses.address(diskNodeId, "http"),
        "--file",
        join(dataDir, "sync.bin"),
      ],
      env: {},
    }),
    stopTimeoutMs,
  );
}
