/** What an operator chooses about the backend of sessions, as `run.json` and the summary keep it. */
import type { LinksKind } from "../../topology/compose-topology.ts";

/** An alias, since it is one of the settings of lanes in general (`LaneSettings`). */
export type TopologySettings = {
  readonly etcdSize: number;
  readonly gateways: number;
  readonly raftTimers: { readonly heartbeatMs: number; readonly electionMs: number };
  readonly etcdMetrics: "basic" | "extensive";
  /** Size of etcd's store above which it refuses writes; absent: etcd's own 2 GiB. */
  readonly quotaBytes?: number | undefined;
  /** Bytes of untrimmed records of a partition beyond which its owner folds; absent: the gateway's own. */
  readonly foldTailBytes?: number | undefined;
  /** A session without a sign of life for so long is closed; absent: the gateway's own. */
  readonly sessionTtlS?: number | undefined;
  readonly links?: LinksKind | undefined;
  /** A bug planted in the services on purpose; absent: none. */
  readonly sabotage?: string | undefined;
};
