import type { Drill } from "../../drill.ts";

export const zoneLoss: Drill = {
  name: "zone-loss",
  description: "Everything in one zone is killed; what is left keeps the quorum.",
  faults: ["kill zone:b at 18s for 8s"],
  recoverWithinS: 8,
  losesQuorum: false,
  steps: [
    "hunt status: all dead nodes are of one zone",
    "check that a leader is left, and that nothing else goes down: the next member costs the quorum",
    "hunt node start for each dead node, the etcd member first",
    "hunt exec etcd/1 -- etcdctl endpoint health --cluster: all members healthy",
  ],
};
