/** The plan file of docs/swarm-protocol.md: what all lanes share, and each lane's own part. */
import type { CurvePoint, SharedPlan } from "./load-plan.ts";
import { playerNetworks } from "./player-networks.ts";

export interface NamedAddress {
  /** The node's id. */
  readonly name: string;
  /** `host:port` */
  readonly address: string;
}

/** Nodes by what they are for. */
export type Targets = Readonly<Record<string, readonly NamedAddress[]>>;

/** What one lane plays, as the generator's lane of that name reads it. */
export interface WireLane {
  readonly id: string;
  readonly design: string;
  /** Arrivals per second over all players. */
  readonly rate: readonly CurvePoint[];
  readonly actions: Readonly<Record<string, { readonly timeoutMs: number }>>;
  readonly targets: Targets;
  /** The same nodes, by the addresses of each network; empty when the plan has no networks. */
  readonly targetsByNetwork: Readonly<Record<string, Targets>>;
  /** Path of the lane's ledger, which the generator creates. */
  readonly ledger: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What the generator plays, and against what. */
export interface LoadTarget {
  readonly runId: string;
  readonly lanes: readonly WireLane[];
}

/**
 * The plan file, for the only generator.
 * @param groups Of each lane.
 */
export function planFileText(plan: SharedPlan, target: LoadTarget, groups: number): string {
  const { seed, durationS, players, skew } = plan;
  const networks = playerNetworks(plan);
  return JSON.stringify({
    version: 2,
    runId: target.runId,
    seed,
    durationS,
    players,
    skew,
    generator: 0,
    generators: 1,
    groups,
    ...(networks.length === 0 ? {} : { networks }),
    lanes: target.lanes,
  });
}

/** How long an action of the target may be under way. */
export function longestTimeoutMs({ lanes }: Pick<LoadTarget, "lanes">): number {
  return Math.max(
    ...lanes.flatMap(({ actions }) => Object.values(actions).map(({ timeoutMs }) => timeoutMs)),
  );
}
