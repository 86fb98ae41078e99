/** Bugs that the sessions lane's gateways, or its proxy, can be started with, so that a run shows that they are caught. */
export const sabotages: Readonly<Record<string, string>> = {
  "ack-before-commit": "an operation is acknowledged before it is committed; needs a kill to show",
  "lose-batch-on-leader-change":
    "after a change of etcd's leader 20 operations are acknowledged and dropped",
  "drop-one-in-20000": "one operation in 20,000 of a gateway is acknowledged and dropped",
  "apply-retry-twice":
    "an operation that is sent again is written and applied again; needs a kill to show",
  "reorder-batches":
    "20 operations in 1,000 are acknowledged and written behind those that come after them",
  "resurrect-closed-session":
    "a session that was closed takes operations again; needs a short --session-ttl to show",
  "skip-fencing":
    "a gateway never notices that another has taken its partition; needs a pause of a gateway to show",
  "stale-cache": "the proxy misses one of ten changes to a state that it has answered with",
};

/** What they break is there in the design `log` alone: closings by the gateway, and owners. */
export const bugsOfTheLog: readonly string[] = ["resurrect-closed-session", "skip-fencing"];

/** Those of the proxy. */
export const proxyBugs: readonly string[] = ["stale-cache"];
