import { defaultKeepAliveS, defaultShares, type LoadPlan } from "./load-plan.ts";
import type { PlayerNetwork } from "./player-networks.ts";

export interface NamedAddress {
  /** The node's id. */
  readonly name: string;
  /** `host:port` */
  readonly address: string;
}

export interface NetworkTarget extends PlayerNetwork {
  readonly gateways: readonly NamedAddress[];
  readonly reads: readonly NamedAddress[];
}

/** What the generator talks to, and where it writes. */
export interface LoadTarget {
  readonly runId: string;
  readonly lane: string;
  readonly design: string;
  readonly gateways: readonly NamedAddress[];
  /** Where reads go. */
  readonly reads: readonly NamedAddress[];
  /** The same nodes, by the addresses of each network; none when the plan has no networks. */
  readonly networks: readonly NetworkTarget[];
  /** Path of `ledger.bin`, which the generator creates. */
  readonly ledgerFile: string;
}

/** The plan file of docs/swarm-protocol.md, for the only generator. */
export function planFileText(plan: LoadPlan, target: LoadTarget, groups: number): string {
  const { playedBy: _, networks: __, ...played } = plan;
  return JSON.stringify({
    version: 1,
    runId: target.runId,
    lane: target.lane,
    design: target.design,
    keepAliveS: defaultKeepAliveS,
    readProtocol: "http",
    readOwnWrites: false,
    ...defaultShares,
    ...played,
    generator: 0,
    generators: 1,
    groups,
    gateways: target.gateways,
    reads: target.reads,
    ...(target.networks.length === 0 ? {} : { networks: target.networks }),
    ledger: target.ledgerFile,
  });
}
