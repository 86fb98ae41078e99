/**
 * The sessions lane on one machine:
 *
 *   players ──▶ gateway/1..n ──▶ etcd/1..m ◀── proxy/1 ◀── reads
 *
 * Every client-to-server path is a link, so that faults can act on it.
 */
import type { Link, Topology, TopologyNode } from "../../topology/topology.ts";
import { linkId } from "../../topology/topology.ts";
import type { TopologyOptions } from "../lane.ts";

const zones = ["a", "b", "c"] as const;

export function sessionsTopology(options: TopologyOptions): Topology {
  const etcd = range(options.etcdSize).map((index) => ({
    id: `etcd/${index + 1}`,
    kind: "etcd" as const,
    zone: zoneOf(index),
    ports: ["client", "peer"],
    // A follower stands for election after 250 ms without a heartbeat: the gap after a leader's death
    // is a few hundred milliseconds, where etcd's own 100/1000 would make it one to two seconds.
    settings: { heartbeatMs: 50, electionMs: 250 },
  }));
  const gateways = range(options.gateways).map((index) => ({
    id: `gateway/${index + 1}`,
    kind: "gateway" as const,
    zone: zoneOf(index),
    ports: ["grpc", "admin"],
    settings: { design: options.design, gateways: options.gateways },
  }));
  const proxy = {
    id: "proxy/1",
    kind: "proxy" as const,
    zone: zoneOf(2),
    ports: ["http"],
    settings: { design: options.design },
  };
  return {
    lane: "sessions",
    design: options.design,
    stages: [etcd, [...gateways, proxy]],
    links: links(etcd, gateways, proxy),
  };
}

function links(
  etcd: readonly TopologyNode[],
  gateways: readonly TopologyNode[],
  proxy: TopologyNode,
): Link[] {
  const toEtcd = [...gateways, proxy].flatMap((from) =>
    etcd.map((to) => link(from.id, to.id, "client")),
  );
  const fromPlayers = gateways.map((to) => link("k6/1", to.id, "grpc"));
  return [...fromPlayers, link("k6/1", proxy.id, "http"), ...toEtcd];
}

function link(from: string, to: string, port: string): Link {
  return { id: linkId(from, to, port), from, to, port };
}

function zoneOf(index: number): string {
  return zones[index % zones.length] ?? "a";
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
