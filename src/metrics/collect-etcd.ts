/**
 * Figures of etcd members, as series `node.<id>.<figure>`, and `leader` events. One request per
 * member and second, `/metrics`; the status, which alone has the term, is asked for when the member
 * has seen another leader.
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
}

/** One collector per member; `cluster` names it in `leader` events. */
export function etcdCollectors(cluster: string, members: readonly EtcdMember[]): Collector[] {
  const leaders = new LeaderChanges(cluster);
  return members.map((member) => memberCollector(member, leaders));
}

const figures: Readonly<Record<string, string>> = {
  walBytes: "etcd_disk_wal_write_bytes_total",
  proposalsCommitted: "etcd_server_proposals_committed_total",
  proposalsApplied: "etcd_server_proposals_applied_total",
  proposalsPending: "etcd_server_proposals_pending",
  proposalsFailed: "etcd_server_proposals_failed_total",
  leaderChanges: "etcd_server_leader_changes_seen_total",
  dbBytes: "etcd_mvcc_db_total_size_in_bytes",
  dbInUseBytes: "etcd_mvcc_db_total_size_in_use_in_bytes",
};

/** Seconds in etcd, milliseconds here. */
const percentiles: Readonly<Record<string, string>> = {
  walFsyncP99Ms: "etcd_disk_wal_fsync_duration_seconds",
  backendCommitP99Ms: "etcd_disk_backend_commit_duration_seconds",
};

const wanted = new Set([
  ...Object.values(figures),
  ...Object.values(percentiles).map((name) => `${name}_bucket`),
]);

function memberCollector(member: EtcdMember, leaders: LeaderChanges): Collector {
  const { nodeId, address } = member;
  const before = new Map<string, readonly Bucket[]>();
  let status: MemberStatus | undefined;
  let changesSeen: number | undefined;
  return {
    name: `figures of ${nodeId}`,
    async read(reading) {
      const text = await fetchText(`http://${address}/metrics`, reading.signal);
      const put = (figure: string, value: number | undefined) => {
        if (value !== undefined) reading.sink.sample(reading.t, `node.${nodeId}.${figure}`, value);
      };
      const samples = parsePrometheusText(text, wanted);
      for (const [figure, name] of Object.entries(figures)) put(figure, totalOf(samples, name));
      for (const [figure, name] of Object.entries(percentiles)) {
        put(figure, p99Ms(samples, name, before));
      }
      const changes = totalOf(samples, figures["leaderChanges"] ?? "");
      if (status === undefined || changes !== changesSeen) {
        status = await readStatus(address, reading.signal);
        changesSeen = changes;
      }
      put("isLeader", status.isLeader ? 1 : 0);
      put("term", status.term);
      if (status.isLeader) leaders.observe(nodeId, status.term, reading);
    },
  };
}

function p99Ms(
  samples: PrometheusSamples,
  name: string,
  before: Map<string, readonly Bucket[]>,
): number | undefined {
  const buckets = bucketsOf(samples, name);
  const seconds = quantileBetween(before.get(name) ?? [], buckets, 0.99);
  before.set(name, buckets);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** 64-bit numbers come as strings; `0` or absent is no leader. */
const statusAnswer = z.object({
  header: z.object({ member_id: z.string() }),
  leader: z.string().optional(),
  raftTerm: z.string(),
});

interface MemberStatus {
  readonly isLeader: boolean;
  readonly term: number;
}

async function readStatus(address: string, signal: AbortSignal): Promise<MemberStatus> {
  const text = await fetchText(`http://${address}/v3/maintenance/status`, signal, {});
  const answer = statusAnswer.parse(JSON.parse(text));
  return { isLeader: answer.leader === answer.header.member_id, term: Number(answer.raftTerm) };
}

/** One event per term that had a leader; a deposed leader that does not know it yet is none. */
class LeaderChanges {
  private readonly cluster: string;
  private term = -1;

  constructor(cluster: string) {
    this.cluster = cluster;
  }

  observe(node: string, term: number, { t, sink }: Reading): void {
    if (term <= this.term) return;
    this.term = term;
    sink.event({ t, kind: "leader", cluster: this.cluster, node, term });
  }
}
