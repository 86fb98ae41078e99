import type { Drill } from "../../drill.ts";

export const leaderLoss: Drill = {
  name: "leader-loss",
  description: "The etcd leader is killed; the others elect a new one.",
  faults: ["kill etcd/leader at 18s for 8s"],
  recoverWithinS: 5,
  losesQuorum: false,
  steps: [
    "hunt status: one member is dead, another one says that it leads",
    "writes go on after the election; do nothing in a hurry",
    "hunt node start NODE brings the dead member back",
    "hunt exec etcd/1 -- etcdctl endpoint health --cluster: all members healthy",
  ],
};
