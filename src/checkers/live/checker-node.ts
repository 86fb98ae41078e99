/** `checker/1`: the live checker as a node of a run. It reads the files that others write. */
import { join } from "node:path";
import type { RunFolder } from "../../recording/run-folder.ts";
import type { Backend, NodeStatus } from "../../runtime/runtime.ts";
import type { TopologyNode } from "../../topology/topology.ts";

export const checkerNodeId = "checker/1";

const node: TopologyNode = { id: checkerNodeId, kind: "tool", zone: "a", ports: [], settings: {} };

/** It reads what is left in 1.5 s, or as far as it gets. */
const stopTimeoutMs = 3_000;
/** Behind whatever is measured. */
const lowPriority = 10;

export interface CheckerFiles {
  readonly nodeBinary: string;
  /** The folder that holds `dist/`. */
  readonly packageRoot: string;
  readonly folder: RunFolder;
  /** That can be checked while the run goes on. */
  readonly lanes: readonly string[];
}

/** Started as a child of the keeper. */
export async function startChecker(
  backend: Pick<Backend, "startNode">,
  { nodeBinary, packageRoot, folder, lanes }: CheckerFiles,
): Promise<NodeStatus> {
  // It knows the lanes, so it lies above them.
  const program = join(packageRoot, "dist", "lanes", "live-checker", "main.js");
  const args = ["--folder", folder.path, ...lanes.flatMap((lane) => ["--lane", lane])];
  return await backend.startNode(
    node,
    {
      program: nodeBinary,
      args: ["--enable-source-maps", program, ...args],
      env: {},
      nice: lowPriority,
    },
    stopTimeoutMs,
  );
}

/** Lets it read to the end. Resolves when it is gone; nothing is done when it is already. */
export async function stopChecker(backend: Pick<Backend, "status" | "stopNode">): Promise<void> {
  const found = backend.status().find(({ nodeId }) => nodeId === checkerNodeId);
  if (found !== undefined && found.state !== "exited") await backend.stopNode(checkerNodeId);
}
