/**
 * What an operator chooses about a topology, as `run.json` and the summary keep it. It is data with a
 * schema, since a run is compared and judged by what it was set to long after it has ended.
 */
import { z } from "zod";

export const topologySettingsSchema = z.object({
  etcdSize: z.number().int().positive(),
  gateways: z.number().int().positive(),
  raftTimers: z.object({
    heartbeatMs: z.number().int().positive(),
    electionMs: z.number().int().positive(),
  }),
  etcdMetrics: z.enum(["basic", "extensive"]),
  /** Size of etcd's store above which it refuses writes; absent: etcd's own 2 GiB. */
  quotaBytes: z.number().int().positive().optional(),
  /** Bytes of untrimmed records of a partition beyond which its owner folds; absent: the gateway's own. */
  foldTailBytes: z.number().int().positive().optional(),
  /** A session without a sign of life for so long is closed; absent: the gateway's own. */
  sessionTtlS: z.number().int().positive().optional(),
  /**
   * `proxied`: through Toxiproxy, so that faults can act on links; `faulted`: those that the run's faults
   * act on; absent: `direct`.
   */
  links: z.enum(["direct", "faulted", "proxied"]).optional(),
  /** A bug planted in the gateways on purpose; absent: none. */
  sabotage: z.string().optional(),
});

export type TopologySettings = Readonly<z.infer<typeof topologySettingsSchema>>;
