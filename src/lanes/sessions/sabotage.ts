/** Bugs that the sessions lane's gateways, or its proxy, can be started with, so that a run shows that they are caught. */
import type { Sabotage } from "../lane.ts";

/** What such a bug breaks is there in the design `log` alone: closings by the gateway, and owners. */
const ofTheLog = ["log"];

export const sabotages: readonly Sabotage[] = [
  {
    name: "ack-before-commit",
    what: "an operation is acknowledged before it is committed; needs a kill to show",
  },
  {
    name: "lose-batch-on-leader-change",
    what: "after a change of etcd's leader 20 operations are acknowledged and dropped",
  },
  {
    name: "drop-one-in-20000",
    what: "one operation in 20,000 of a gateway is acknowledged and dropped",
  },
  {
    name: "apply-retry-twice",
    what: "an operation that is sent again is written and applied again; needs a kill to show",
  },
  {
    name: "reorder-batches",
    what: "20 operations in 1,000 are acknowledged and written behind those that come after them",
  },
  {
    name: "resurrect-closed-session",
    what: "a session that was closed takes operations again; needs a short --session-ttl to show",
    designs: ofTheLog,
  },
  {
    name: "skip-fencing",
    what: "a gateway never notices that another has taken its partition; needs a pause of a gateway to show",
    designs: ofTheLog,
  },
  {
    name: "stale-cache",
    what: "the proxy misses one of ten changes to a state that it has answered with",
  },
];

/** Those of the proxy. */
export const proxyBugs: readonly string[] = ["stale-cache"];
