import type { Drill } from "../../drill.ts";

export const quorumLoss: Drill = {
  name: "quorum-loss",
  description: "Two of three etcd members are killed: nothing commits until one is back.",
  faults: ["kill etcd/1 at 18s for 8s as first", "kill etcd/2 at 18s for 8s as second"],
  recoverWithinS: 16,
  losesQuorum: true,
  steps: [
    "hunt status: one member is left, and it says that there is no leader",
    "do not restart the member that is left, and remove no member",
    "hunt node start one dead member: with two, writes go on",
    "hunt node start the other one: that restores the redundancy",
    "hunt exec etcd/1 -- etcdctl endpoint health --cluster: all members healthy",
  ],
};
