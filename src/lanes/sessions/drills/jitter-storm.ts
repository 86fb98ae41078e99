import type { Drill } from "../../drill.ts";

const storm = "with jitter=120ms,loss=3% at 18s for 10s";

export const jitterStorm: Drill = {
  name: "jitter-storm",
  description: "Jitter and loss between players, gateways and etcd members, all at once.",
  faults: [
    `degrade link:peers->etcd ${storm} as peers`,
    `degrade link:gateway->etcd ${storm} as writers`,
    `degrade link:player->gateway ${storm} as players`,
  ],
  recoverWithinS: 16,
  losesQuorum: false,
  // From nervous to etcd's own; hunt's own decides.
  variants: [{ raftTimers: "10/100" }, { raftTimers: "100/1000" }, { raftTimers: "50/250" }],
  steps: [
    "hunt exec etcd/1 -- etcdctl endpoint status, twice: a term that grows is elections",
    "restart nothing: a node that starts again meets the same network",
    "mend the network; hunt heal ends a fault of hunt",
    "hunt exec etcd/1 -- etcdctl endpoint health --cluster: all members healthy",
  ],
};
