import { defaultKeepAliveS, defaultShares, type LoadPlan } from "./load-plan.ts";

export interface NamedAddress {
  /** The node's id. */
  readonly name: string;
  /** `host:port` */
  readonly address: string;
}

/** What the generator talks to, and where it writes. */
export interface LoadTarget {
  readonly runId: string;
  readonly lane: string;
  readonly design: string;
  readonly gateways: readonly NamedAddress[];
  /** Where reads go. */
  readonly reads: readonly NamedAddress[];
  /** Path of `ledger.bin`, which the generator creates. */
  readonly ledgerFile: string;
}

/** The plan file of docs/swarm-protocol.md, for the only generator. */
export function planFileText(plan: LoadPlan, target: LoadTarget, groups: number): string {
  const { playedBy: _, ...played } = plan;
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
    ledger: target.ledgerFile,
  });
}
