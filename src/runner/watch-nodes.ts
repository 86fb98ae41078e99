/** What becomes of the nodes while the load is played: which of their ends are to be expected, and which end the run. */
import { join } from "node:path";
import { outOfSpaceWords } from "../runtime/local/nodes/out-of-space.ts";
import type { Backend, NodeExit } from "../runtime/runtime.ts";
import { nodeFileName, nodesOf } from "../topology/topology.ts";
import type { Companions } from "./companions/companions.ts";
import type { RunRecorder } from "./record/run-recorder.ts";
import type { RunContext } from "./run-context.ts";
import type { RunDependencies } from "./run-scenario.ts";

/** How many of a lost node's last lines are shown. */
const lostNodeLines = 5;

export interface WatchedNodes {
  /** The load is over: resolves when everything is written down. */
  settled(): Promise<void>;
}

export function watchNodes(
  { request, dependencies, recorder, backend }: RunContext,
  companions: Pick<Companions, "nodes">,
): WatchedNodes {
  const ofTopology = new Set(nodesOf(request.topology).map((node) => node.id));
  const told: Promise<void>[] = [];
  let playing = true;
  backend.onExit((exit) => {
    const companion = companions.nodes.find(({ id }) => id === exit.nodeId);
    if (companion !== undefined && companion.endedEarly === undefined) return;
    if (exit.expected) {
      // Of a node that comes back; those that end with the run are written down with it.
      if (playing && ofTopology.has(exit.nodeId)) recorder.nodesEnded([exit]);
    } else if (companion !== undefined) {
      recorder.note(`${companion.id} ${companion.endedEarly}`);
    } else told.push(nodeLost(backend, exit, recorder, dependencies));
  });
  backend.onProbe((news) => {
    if (playing && ofTopology.has(news.nodeId)) recorder.probed(news);
  });
  return {
    settled: async () => {
      playing = false;
      await Promise.all(told);
    },
  };
}

/** A node that ends without having been asked to, and without a fault, leaves nothing to be judged. */
async function nodeLost(
  backend: Backend,
  exit: NodeExit,
  recorder: RunRecorder,
  { stop, tmpDir }: RunDependencies,
): Promise<void> {
  const how = exit.signal === undefined ? `exit code ${exit.code}` : exit.signal;
  const full = await outOfSpaceWords(
    join(recorder.folder.logsDir, `${nodeFileName(exit.nodeId)}.log`),
  );
  if (full !== undefined) {
    const detail = `${exit.nodeId} (pid ${exit.pid}) ended with ${how} since ${tmpDir}, where the data of nodes is, was full: ${full}`;
    recorder.nodeLost(exit.nodeId, detail);
    stop.stop({ reason: "disk-full", detail: `${detail}. TMPDIR names another folder` });
    return;
  }
  const words = await backend.lastLines(exit.nodeId, lostNodeLines).catch(() => []);
  const last =
    words.length === 0 ? "It had printed nothing" : `Its last lines:\n  ${words.join("\n  ")}`;
  const detail = `${exit.nodeId} (pid ${exit.pid}) ended with ${how} though nobody asked it to. ${last}`;
  recorder.nodeLost(exit.nodeId, detail);
  stop.stop({ reason: "node-lost", detail });
}
