/** The sessions lane: digs go to a gateway and are acknowledged once etcd has committed them. */
import { walFileBytes } from "../../engines/etcd/etcd-space.ts";
import type { Lane } from "../lane.ts";
import { sessionsHealth } from "./backend/node-health.ts";
import { sessionsPrograms } from "./backend/programs.ts";
import { lossOfMember } from "./backend/quorum.ts";
import { sessionsSpace } from "./backend/space.ts";
import { sessionsNodeKinds, sessionsTopology } from "./backend/topology.ts";
import { sessionsCollectors } from "./collectors/sessions-collectors.ts";
import { sessionsRehearsals } from "./drills/sessions-drills.ts";
import { sessionsFaults } from "./faults/sessions-faults.ts";
import { sessionsFinalReads } from "./final-reads/observe-final-state.ts";
import { sessionsHints } from "./hints.ts";
import { sessionsLoad } from "./load-part.ts";
import { sessionsObservers } from "./observers.ts";
import { sessionsPanels } from "./panels.ts";
import { sessionsCharts, sessionsRecorded } from "./recorded.ts";
import { sabotages } from "./sabotage.ts";
import { readSessionsFlags } from "./settings/settings.ts";
import { sessionsStormTracks } from "./storm-tracks.ts";

import { wireLane } from "./wire-lane.ts";

export const sessionsLane: Lane = {
  id: "sessions",
  defaultDesign: "log",
  engines: ["etcd", "etcdctl", "etcdutl"],
  designs: [
    {
      name: "naive",
      description: "Per dig a guarded Txn, a Put of the whole state and a lease keep-alive.",
      knownFailures: [
        {
          guarantee: "nothing-acknowledged-is-lost",
          why: "Txn and Put are apart: the later of two Puts of one session, from its two devices, may carry the older state.",
        },
        {
          guarantee: "reads-never-go-back",
          why: "The same: the older state is read after the newer one.",
        },
        {
          guarantee: "nothing-is-applied-twice",
          why: "It does not deduplicate: a retry after an unknown outcome applies again.",
        },
        {
          guarantee: "sampled-sessions-are-linearizable",
          why: "The same two, in the sessions of the sample.",
        },
      ],
    },
    {
      name: "delta",
      description: "Deltas of one session, collected for 100 ms, in one small write to the leader.",
      knownFailures: [],
    },
    {
      name: "log",
      description: "Deltas of many sessions in one record of a partitioned log, by group commit.",
      knownFailures: [],
    },
  ],
  figures: [
    { name: "raftCommitMs", kind: "histogram", series: "sessions.raftCommit" },
    { name: "batchWaitMs", kind: "histogram", series: "sessions.batchWait" },
    { name: "proxyReadMs", kind: "histogram", series: "sessions.proxyRead" },
    {
      name: "duplicateRate",
      kind: "quotient",
      unit: "ratio",
      of: { increaseOf: "node.gateway/*.operationsDuplicate" },
      per: { increaseOf: "node.gateway/*.operationsDelivered" },
    },
    {
      // Every member writes the same log, so one of them stands for what a dig costs.
      name: "walBytesPerAction",
      kind: "quotient",
      unit: "bytes",
      of: { increaseOf: "node.etcd/1.walBytes" },
      per: { okActions: "sessions.dig" },
    },
    {
      // 100 % is one core; each run of a process counts from 0.
      name: "leaderCpuShare",
      kind: "leader-rate",
      unit: "ratio",
      cluster: "etcd",
      counter: "cpuSeconds",
    },
    {
      name: "leaderQueueBytes",
      kind: "leader-gauge",
      unit: "bytes",
      cluster: "etcd",
      gauge: "inQueueBytes",
    },
    // What the players found out about their reads (docs/swarm-protocol.md); a right backend has none.
    { name: "readsBack", kind: "growth", unit: "count", increaseOf: "generator.readsBack" },
    { name: "readsStale", kind: "growth", unit: "count", increaseOf: "generator.readsStale" },
    { name: "retransmits", kind: "growth", unit: "count", increaseOf: "sockets.*.retransmits" },
  ],
  readFlags: readSessionsFlags,
  rehearsals: sessionsRehearsals,
  sabotages,
  load: sessionsLoad,
  panels: sessionsPanels,
  charts: sessionsCharts,
  recorded: sessionsRecorded,
  progress: { action: "dig", histograms: [{ label: "raft", series: "sessions.raftCommit" }] },
  wireLane,
  space: sessionsSpace,
  shortOfSpaceBytes: walFileBytes,
  observers: sessionsObservers,
  finalReads: sessionsFinalReads,
  collectors: sessionsCollectors,
  topology: sessionsTopology,
  health: sessionsHealth,
  nodeKinds: sessionsNodeKinds,
  faultKinds: sessionsFaults,
  stormTracks: sessionsStormTracks,
  costOfLoss: lossOfMember,
  hints: sessionsHints,
  programs: sessionsPrograms,
};
