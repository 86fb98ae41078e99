/**
 * Figures of etcd members, as series `node.<id>.<figure>`, and `leader` and `alarm` events. Two requests
 * per member and second: `/metrics`, and the status, which alone has term and alarms. The status is some
 * 400 bytes from memory. An alarm has many causes, so no figure tells when to ask for it.
 *
 * Counters are recorded as they are (they start again at 0 with the process); percentiles are those
 * of the time since the reading before, so a second without an fsync has none.
 */

import { z } from "zod";
import type { Collector } from "../../../metrics/collect/collector.ts";
import { LeaderChanges } from "../../../metrics/collect/leader-changes.ts";
import { fetchText } from "../../../metrics/collect/sources/fetch-text.ts";
import {
  type Bucket,
  bucketsOf,
  type PrometheusSamples,
  parsePrometheusText,
  quantileBetween,
  totalOf,
} from "../../../metrics/collect/sources/prometheus-text.ts";
import { optional } from "../../../optional.ts";
import { EtcdAlarms, type MemberAlarms } from "./etcd-alarms.ts";

export interface EtcdMember {
  readonly nodeId: string;
  /** `host:port` of its client port, past any fault. */
  readonly address: string;
  /** Seconds between readings, 1 when absent. */
  readonly everyS?: number;
}

/** One collector per member; `cluster` names it in `leader` events. */
export function etcdCollectors(cluster: string, members: readonly EtcdMember[]): Collector[] {
  const leaders = new LeaderChanges(cluster);
  const alarms = new EtcdAlarms(members);
  return members.map((member) => memberCollector(member, leaders, alarms));
}

const figures: Readonly<Record<string, string>> = {
  walBytes: "etcd_disk_wal_write_bytes_total",
  proposalsCommitted: "etcd_server_proposals_committed_total",
  proposalsApplied: "etcd_server_proposals_applied_total",
  proposalsPending: "etcd_server_proposals_pending",
  proposalsFailed: "etcd_server_proposals_failed_total",
  slowApplies: "etcd_server_slow_apply_total",
  leaderChanges: "etcd_server_leader_changes_seen_total",
  dbBytes: "etcd_mvcc_db_total_size_in_bytes",
  dbInUseBytes: "etcd_mvcc_db_total_size_in_use_in_bytes",
  quotaBytes: "etcd_server_quota_backend_bytes",
};

interface Percentile {
  readonly histogram: string;
  /** Labels that count; all label sets without. */
  readonly where?: Readonly<Record<string, string>>;
}

/** Seconds in etcd, milliseconds here. Those of RPCs are there with `--metrics extensive` only. */
const percentiles: Readonly<Record<string, Percentile>> = {
  walFsyncP99Ms: { histogram: "etcd_disk_wal_fsync_duration_seconds" },
  backendCommitP99Ms: { histogram: "etcd_disk_backend_commit_duration_seconds" },
  applyP99Ms: { histogram: "etcd_server_apply_duration_seconds" },
  txnP99Ms: { histogram: "grpc_server_handling_seconds", where: { grpc_method: "Txn" } },
  putP99Ms: { histogram: "grpc_server_handling_seconds", where: { grpc_method: "Put" } },
  rangeP99Ms: { histogram: "grpc_server_handling_seconds", where: { grpc_method: "Range" } },
};

const wanted = new Set([
  ...Object.values(figures),
  ...Object.values(percentiles).map(({ histogram }) => `${histogram}_bucket`),
]);

function memberCollector(
  member: EtcdMember,
  leaders: LeaderChanges,
  alarms: EtcdAlarms,
): Collector {
  const { nodeId, address } = member;
  const before = new Map<string, readonly Bucket[]>();
  return {
    name: `figures of ${nodeId}`,
    ...optional({ everyS: member.everyS }),
    async read(reading) {
      const text = await fetchText(`http://${address}/metrics`, reading.signal);
      const put = (figure: string, value: number | undefined) => {
        if (value !== undefined) reading.sink.sample(reading.t, `node.${nodeId}.${figure}`, value);
      };
      const samples = parsePrometheusText(text, wanted);
      for (const [figure, name] of Object.entries(figures)) put(figure, totalOf(samples, name));
      for (const [figure, percentile] of Object.entries(percentiles)) {
        put(figure, p99Ms(samples, { figure, ...percentile }, before));
      }
      const status = await readStatus(address, reading.signal);
      put("isLeader", status.isLeader ? 1 : 0);
      put("term", status.term);
      if (status.isLeader) leaders.observe(nodeId, status.term, reading);
      const bytes = totalOf(samples, figures["dbBytes"] ?? "");
      const quotaBytes = totalOf(samples, figures["quotaBytes"] ?? "");
      const store = `${nodeId} has ${bytes} bytes, its quota is ${quotaBytes}`;
      await alarms.observe(member, status, store, reading);
    },
  };
}

function p99Ms(
  samples: PrometheusSamples,
  { figure, histogram, where }: Percentile & { readonly figure: string },
  before: Map<string, readonly Bucket[]>,
): number | undefined {
  const buckets = bucketsOf(samples, histogram, where);
  const seconds = quantileBetween(before.get(figure) ?? [], buckets, 0.99);
  before.set(figure, buckets);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** 64-bit numbers come as strings; `0` or absent is no leader. */
const statusAnswer = z.object({
  header: z.object({ member_id: z.string() }),
  leader: z.string().optional(),
  raftTerm: z.string(),
  raftAppliedIndex: z.string().default("0"),
  /** Among others the cluster's alarms. */
  errors: z.array(z.string()).default([]),
});

interface MemberStatus extends MemberAlarms {
  readonly isLeader: boolean;
  readonly term: number;
}

async function readStatus(address: string, signal: AbortSignal): Promise<MemberStatus> {
  const text = await fetchText(`http://${address}/v3/maintenance/status`, signal, {});
  const answer = statusAnswer.parse(JSON.parse(text));
  const memberId = answer.header.member_id;
  return {
    memberId,
    isLeader: answer.leader === memberId,
    term: Number(answer.raftTerm),
    appliedIndex: Number(answer.raftAppliedIndex),
    errors: answer.errors,
  };
}
