/**
 * The sessions lane on one machine:
 *
 *   players ──▶ gateway/1..n ──▶ etcd/1..m ◀── proxy/1 ◀── reads
 *
 * Every client-to-server path is a link, so that faults can act on it; so is the way from its peers to each
 * etcd member. Players on different networks have links of their own, with the network as their base.
 */
import { optional } from "../../../optional.ts";
import type { LaneTopology } from "../../../topology/compose-topology.ts";
import type { NetworkName } from "../../../topology/networks.ts";
import type { Link, NodeKind, Ownership, TopologyNode } from "../../../topology/topology.ts";
import { linkId, peerLink, playersOn } from "../../../topology/topology.ts";
import type { TopologyOptions } from "../../lane.ts";
import { proxyBugs } from "../sabotage.ts";
import type { TopologySettings } from "../settings/topology-settings.ts";

/** With what the operator chose of sessions. */
type SessionsOptions = TopologySettings & Pick<TopologyOptions, "design" | "networks">;

const zones = ["a", "b", "c"] as const;

export const sessionsNodeKinds: Readonly<Record<NodeKind, Ownership>> = {
  etcd: "engine",
  gateway: "service",
  proxy: "service",
};

export function sessionsTopology(options: SessionsOptions): LaneTopology {
  const etcd = range(options.etcdSize).map((index) => ({
    id: `etcd/${index + 1}`,
    kind: "etcd",
    zone: zoneOf(index),
    ports: ["client", "peer"],
    settings: {
      ...options.raftTimers,
      metrics: options.etcdMetrics,
      ...optional({ quotaBytes: options.quotaBytes }),
    },
  }));
  const gateways = range(options.gateways).map((index) => ({
    id: `gateway/${index + 1}`,
    kind: "gateway",
    zone: zoneOf(index),
    ports: ["grpc", "admin"],
    settings: gatewaySettings(options),
  }));
  const proxy = {
    id: "proxy/1",
    kind: "proxy",
    zone: zoneOf(2),
    ports: ["http", "grpc"],
    settings: { design: options.design, ...sabotageOf("proxy", options) },
  };
  return {
    stages: [etcd, [...gateways, proxy]],
    links: links(etcd, gateways, proxy, options.networks ?? []),
    clusters: [{ name: "etcd", kind: "etcd", roles: ["leader", "follower"] }],
  };
}

function gatewaySettings(options: SessionsOptions): TopologyNode["settings"] {
  const { design, gateways } = options;
  // Of several designs in one series only this one has a log.
  const { foldTailBytes, sessionTtlS } = design === "log" ? options : {};
  return {
    design,
    gateways,
    ...(foldTailBytes === undefined ? {} : { foldTailKb: Math.ceil(foldTailBytes / 1024) }),
    ...optional({ sessionTtlS }),
    ...sabotageOf("gateway", options),
  };
}

/** Each bug is planted in one kind of service. */
function sabotageOf(kind: "gateway" | "proxy", { sabotage }: SessionsOptions) {
  if (sabotage === undefined) return {};
  return proxyBugs.includes(sabotage) === (kind === "proxy") ? { sabotage } : {};
}

function links(
  etcd: readonly TopologyNode[],
  gateways: readonly TopologyNode[],
  proxy: TopologyNode,
  networks: readonly NetworkName[],
): Link[] {
  const toEtcd = [...gateways, proxy].flatMap((from) =>
    etcd.map((to) => link(from.id, to.id, "client")),
  );
  const behind = networks.length === 0 ? [undefined] : networks;
  const fromPlayers = behind.flatMap((network) =>
    [
      ...gateways.map((to) => [to.id, "grpc"] as const),
      ...proxy.ports.map((port) => [proxy.id, port] as const),
    ].map(([to, port]) => ({
      ...link(playersOn(network), to, port),
      ...optional({ network }),
    })),
  );
  const betweenPeers = etcd.map(({ id }) => peerLink(id));
  return [...fromPlayers, ...toEtcd, ...betweenPeers];
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
