import type { Drill } from "../../drill.ts";

export const minorityPartition: Drill = {
  name: "minority-partition",
  description: "The etcd leader can't be heard by its peers; the others elect a new one.",
  faults: ["blackhole link:peers->etcd/leader at 18s for 8s"],
  recoverWithinS: 5,
  losesQuorum: false,
  steps: [
    "hunt status: another leader than before, and all members ok",
    "hunt exec NODE -- etcdctl endpoint health, of each member: the one that is not heard is unhealthy",
    "writes go on with the new leader: restart and remove no member",
    "mend the network of the member that is not heard; hunt heal ends a fault of hunt",
    "hunt exec etcd/1 -- etcdctl endpoint health --cluster: all members healthy",
  ],
};
