import type { Drill } from "../../drill.ts";

export const spaceAlarm: Drill = {
  name: "space-alarm",
  description: "etcd reaches its quota and refuses every write until somebody makes space.",
  faults: ["space-alarm etcd/leader at 18s for 8s"],
  recoverWithinS: 14,
  losesQuorum: false,
  flags: { quota: "64MiB" },
  steps: [
    "writes fail with database space exceeded; reads go on",
    "hunt exec etcd/1 -- etcdctl alarm list: NOSPACE",
    "find what grew, and delete it; then etcdctl compact REVISION",
    "hunt exec etcd/N -- etcdctl defrag, one member after the other, the leader last",
    "hunt exec etcd/1 -- etcdctl alarm disarm: not before there is space",
  ],
};
