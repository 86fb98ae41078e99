/**
 * The load plan as data. It is a pure function of the seed: the swarm draws the intended start of
 * every action from it (native/k6/sessions/sessionplan/arrivals.go), and this side integrates it for planned
 * counts. Both sides are held against the same vectors in `test/fixtures/load-plan/`.
 */

import type { NetworkName } from "../../topology/networks.ts";

/** A point of a piecewise-linear curve: seconds since the run's start, value. */
export type CurvePoint = readonly [atS: number, value: number];

/** What all lanes of a run share: the same players play them, and who is hot is hot everywhere. */
export interface SharedPlan {
  readonly seed: number;
  readonly durationS: number;
  /** Players that are active at each moment; the first n of all players are. */
  readonly players: readonly CurvePoint[];
  /** Sigma of the lognormal activity per player (its mean is 1). 0: all alike. */
  readonly skew: number;
  /**
   * Weights of the networks that the players sit on (`src/topology/networks.ts`); they need not sum to
   * 100. Absent: all players reach the backend as they are.
   */
  readonly networks?: Readonly<Partial<Record<NetworkName, number>>>;
  /** Who plays it; `swarm` when absent. */
  readonly playedBy?: LoadGenerator;
}

/** The plan of one lane: what is shared, and what its own players do. */
export interface LoadPlan extends SharedPlan {
  /** Digs per second over all players. Reads come on top. */
  readonly rate: readonly CurvePoint[];
  /** Reads per write, 0 or more. */
  readonly readRatio: number;
  /** Weights of the operations; they need not sum to 100. */
  readonly mix: Readonly<Record<"dig_started" | "tiles_revealed" | "loot_claimed", number>>;
  /** From the intended start; past it an action ends `unknown` if it was sent, `fail` if not. */
  readonly timeoutMs: number;
  /**
   * How long a player is silent at most before it says that it is alive, so that its session is not
   * closed; 0: never says so. `defaultKeepAliveS` when absent.
   */
  readonly keepAliveS?: number;
  /** How reads reach the proxy; `http` when absent. */
  readonly readProtocol?: ReadProtocol;
  /** A read asks for at least what its player was acknowledged, and waits for it; false when absent. */
  readonly readOwnWrites?: boolean;
  /** Players that play their session from two devices at once; `defaultShares` when absent. */
  readonly twoDeviceShare?: number;
  /**
   * Players whose reads are in the ledger; if any are, so are all with two devices. `defaultShares` when
   * absent.
   */
  readonly auditedShare?: number;
}

/** The swarm, or as its cross-check plain k6 scripts with a VU for each player. */
export const loadGenerators = ["swarm", "plain-k6"] as const;

export type LoadGenerator = (typeof loadGenerators)[number];

export const readProtocols = ["http", "grpc"] as const;

export type ReadProtocol = (typeof readProtocols)[number];

/** Enough to meet what two devices and reads can break; at 2,000 digs/s, 120 of them are of such players. */
export const defaultShares = { twoDeviceShare: 1 / 32, auditedShare: 1 / 64 } as const;

/** A third of the 1800 s after which a service closes a session that is silent. */
export const defaultKeepAliveS = 600;
