/**
 * Figures of etcd members, as series `node.<id>.<figure>`, and `leader` and `alarm` events. One request
 * per member and second, `/metrics`; the status, which alone has term and alarms, is asked for when the
 * member has seen another leader, or when its store is on the way to its quota.
 *
 * Counters are recorded as they are (they start again at 0 with the process); percentiles are those
 * of the time since the reading before, so a second without an fsync has none.
 */
import { z } from "zod";
import type { Collector, Reading } from "./collector.ts";
import { fetchText } from "./fetch-text.ts";
import {
  type Bucket,
  bucketsOf,
  type PrometheusSamples,
  parsePrometheusText,
  quantileBetween,
  totalOf,
} from "./prometheus-text.ts";

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
  const alarms = new Alarms();
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

/** Another one: another process, whose counters say nothing of what was seen before. */
const startTime = "process_start_time_seconds";

const wanted = new Set([
  startTime,
  ...Object.values(figures),
  ...Object.values(percentiles).map(({ histogram }) => `${histogram}_bucket`),
]);

/** A store above this share of its quota may be one that refuses writes, and is asked whether it is. */
const nearQuota = 0.5;

function memberCollector(member: EtcdMember, leaders: LeaderChanges, alarms: Alarms): Collector {
  const { nodeId, address } = member;
  const before = new Map<string, readonly Bucket[]>();
  let status: MemberStatus | undefined;
  let seen: string | undefined;
  return {
    name: `figures of ${nodeId}`,
    ...(member.everyS === undefined ? {} : { everyS: member.everyS }),
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
      const changes = totalOf(samples, figures["leaderChanges"] ?? "");
      const now = `${changes} ${totalOf(samples, startTime)}`;
      const dbBytes = totalOf(samples, figures["dbBytes"] ?? "") ?? 0;
      const quotaBytes = totalOf(samples, figures["quotaBytes"] ?? "") ?? Number.POSITIVE_INFINITY;
      if (status === undefined || now !== seen || dbBytes > nearQuota * quotaBytes) {
        status = await readStatus(address, reading.signal);
        seen = now;
      }
      const detail = `${nodeId} has ${dbBytes} bytes, its quota is ${quotaBytes}`;
      alarms.observe(nodeId, status.alarms, detail, reading);
      put("isLeader", status.isLeader ? 1 : 0);
      put("term", status.term);
      if (status.isLeader) leaders.observe(nodeId, status.term, reading);
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
  /** Among others the cluster's alarms: `memberID:123 alarm:NOSPACE `. */
  errors: z.array(z.string()).optional(),
});

interface MemberStatus {
  readonly isLeader: boolean;
  readonly term: number;
  /** `NOSPACE`, `CORRUPT`. */
  readonly alarms: readonly string[];
}

async function readStatus(address: string, signal: AbortSignal): Promise<MemberStatus> {
  const text = await fetchText(`http://${address}/v3/maintenance/status`, signal, {});
  const answer = statusAnswer.parse(JSON.parse(text));
  return {
    isLeader: answer.leader === answer.header.member_id,
    term: Number(answer.raftTerm),
    alarms: (answer.errors ?? []).flatMap((text) => /alarm:(\w+)/.exec(text)?.[1] ?? []),
  };
}

const alarmMeanings: Readonly<Record<string, string>> = {
  NOSPACE: "etcd refuses writes until its alarm is disarmed; ",
};

/** One event per alarm of the cluster, told by whichever member is read first after it was raised. */
class Alarms {
  readonly #told = new Set<string>();

  observe(node: string, alarms: readonly string[], detail: string, { t, sink }: Reading): void {
    for (const alarm of alarms) {
      if (this.#told.has(alarm)) continue;
      this.#told.add(alarm);
      const meaning = alarmMeanings[alarm] ?? "";
      sink.event({ t, kind: "alarm", node, alarm, detail: `${meaning}${detail}` });
    }
  }
}

/** One event per term that had a leader; a deposed leader that does not know it yet is none. */
class LeaderChanges {
  readonly #cluster: string;
  #term = -1;

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  observe(node: string, term: number, { t, sink }: Reading): void {
    if (term <= this.#term) return;
    this.#term = term;
    sink.event({ t, kind: "leader", cluster: this.#cluster, node, term });
  }
}
