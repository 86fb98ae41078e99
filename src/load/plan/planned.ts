/** What a plan asks for, second by second; the swarm draws its arrivals around these figures. */
import { integrate, valueAt } from "./curve.ts";
import type { LoadPlan } from "./load-plan.ts";

export interface PlannedSecond {
  readonly digs: number;
  readonly reads: number;
  /** Active players in the middle of the second. */
  readonly players: number;
}

/** The expected counts of run second `second`, which may be fractional numbers; zero outside the run. */
export function planned(plan: LoadPlan, second: number): PlannedSecond {
  const fromS = Math.max(0, second);
  const toS = Math.min(second + 1, plan.durationS);
  if (toS <= fromS) return { digs: 0, reads: 0, players: 0 };
  const digs = integrate(plan.rate, fromS, toS);
  return {
    digs,
    reads: digs * plan.readRatio,
    players: Math.floor(valueAt(plan.players, (fromS + toS) / 2)),
  };
}
