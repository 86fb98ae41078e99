/** The second line of a report: what the run was played at. */
import type { Summary } from "../../verdict/summary-document.ts";
import { bytes, count, short } from "./quantity.ts";

/** Empty for a recording that does not know. */
export function topologyText({ topology }: Summary): string {
  if (topology === null) return "";
  const { etcdSize, gateways, raftTimers, quotaBytes, foldTailBytes, sessionTtlS } = topology;
  const parts = [
    ...(topology.sabotage === undefined ? [] : [`SABOTAGED RUN: ${topology.sabotage}`]),
    `${count(etcdSize)} etcd members`,
    `raft timers ${raftTimers.heartbeatMs}/${raftTimers.electionMs} ms`,
    gateways === 1 ? "1 gateway" : `${count(gateways)} gateways`,
    ...(topology.etcdMetrics === "basic" ? [] : ["extensive metrics"]),
    ...(topology.links === "proxied" ? ["links through Toxiproxy"] : []),
    ...(topology.links === "faulted" ? ["links with a fault or network through Toxiproxy"] : []),
    ...(quotaBytes === undefined ? [] : [`quota ${bytes(quotaBytes)}`]),
    ...(foldTailBytes === undefined ? [] : [`fold tail ${bytes(foldTailBytes)}`]),
    ...(sessionTtlS === undefined ? [] : [`session TTL ${short(sessionTtlS)} s`]),
  ];
  return parts.join(", ");
}
