/** Runs a program to its end as a node of the run: so it has an owner, a log and a measured cost. */
import type { Backend, NodeCommand, NodeExit, ProgramContext } from "../../../runtime/runtime.ts";
import type { TopologyNode } from "../../../topology/topology.ts";

const stopBoundMs = 1_000;
const lastLineCount = 3;

export interface ToolRun {
  readonly backend: Backend;
  readonly node: TopologyNode;
  readonly command: (context: ProgramContext) => NodeCommand;
  readonly boundMs: number;
  readonly signal: AbortSignal;
}

/** @throws Error when it fails, takes longer than its bound, or the signal aborts; it is gone then. */
export async function runTool(run: ToolRun): Promise<NodeExit> {
  const { backend, node, boundMs } = run;
  run.signal.throwIfAborted();
  await backend.startNode(node, run.command, stopBoundMs);
  const bounded = AbortSignal.any([run.signal, AbortSignal.timeout(boundMs)]);
  const exit = await endOrAbort(backend.waitForExit(node.id), bounded);
  if (exit === undefined) {
    await backend.stopNode(node.id);
    run.signal.throwIfAborted();
    throw new Error(`${node.id} was not done within ${boundMs / 1000} s`);
  }
  if (exit.code === 0) return exit;
  const lines = await backend.lastLines(node.id, lastLineCount);
  const how = exit.signal ?? `exit code ${exit.code}`;
  throw new Error(`${node.id} ended with ${how}: ${lines.join(" ")}`);
}

/** Undefined when the signal aborts first. */
function endOrAbort(end: Promise<NodeExit>, signal: AbortSignal): Promise<NodeExit | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    end.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
