/** What watches the sessions lane while it is played: the auditor of its log, and a follower that is kept warm. */
import { laneFile } from "../../recording/run-folder.ts";
import { nodesOf } from "../../topology/topology.ts";
import type { Companion, LaneRun } from "../companion.ts";
import { auditorNodeId, startAuditor, stopAuditor } from "./auditor/auditor-node.ts";
import { WarmFollower, warmFollowerNodes } from "./warm-follower/warm-follower.ts";

export function sessionsObservers(lane: LaneRun): readonly Companion[] {
  const { observers } = lane.run.lanes["sessions"] ?? {};
  return [
    ...(observers?.["auditor"] === true ? [auditorOf(lane)] : []),
    ...(observers?.["warmFollower"] === true ? [warmFollowerOf(lane)] : []),
  ];
}

function auditorOf({ backend, folder, files }: LaneRun): Companion {
  const stop = () => stopAuditor(backend);
  return {
    nodes: [{ id: auditorNodeId, endedEarly: "ended before the log did; see its own log" }],
    start: () =>
      startAuditor(backend, { ...files, auditFile: laneFile(folder, "sessions", "audit") }),
    drain: stop,
    stop,
  };
}

function warmFollowerOf({ run, ...lane }: LaneRun): Companion {
  const { backend } = lane;
  const members = nodesOf(backend.topology)
    .filter((node) => node.kind === "etcd")
    .map(({ id }) => ({ nodeId: id, address: backend.addresses.address(id, "client") }));
  let follower: WarmFollower | undefined;
  return {
    nodes: warmFollowerNodes.map((id) => ({ id })),
    begin: (startMs) => {
      follower = new WarmFollower({ ...lane, members, startMs });
      follower.follow(run.durationS);
    },
    drain: async (isFinished) => {
      if (isFinished) await follower?.drain();
    },
    stop: () => follower?.stop(),
  };
}
