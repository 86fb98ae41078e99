/** The sessions lane: digs go to a gateway and are acknowledged once etcd has committed them. */
import type { Lane } from "../lane.ts";
import { sessionsPrograms } from "./programs.ts";
import { sessionsTopology } from "./topology.ts";

export const sessionsLane: Lane = {
  id: "sessions",
  defaultDesign: "log",
  designs: [
    {
      name: "naive",
      description: "Per dig a guarded Txn, a Put of the whole state and a lease keep-alive.",
      knownFailures: [
        {
          guarantee: "nothing-acknowledged-is-lost",
          why: "Txn and Put are apart: the later of two Puts of one session may carry the older state.",
        },
        {
          guarantee: "nothing-is-applied-twice",
          why: "It does not deduplicate: a retry after an unknown outcome applies again.",
        },
      ],
    },
    {
      name: "log",
      description: "Deltas of many sessions in one record of a partitioned log, by group commit.",
      knownFailures: [],
    },
  ],
  topology: sessionsTopology,
  programs: sessionsPrograms,
};
