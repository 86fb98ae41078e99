/** A scenario is data: lanes, load plan, phases, budgets, checks. Faults join it later. */
import type { LoadPlan } from "../load/load-plan.ts";

export type PhaseName =
  | "warmup"
  | "ramp"
  | "spike"
  | "steady"
  | "recovery"
  | "cooldown"
  | `fault:${string}`;

/** Whole seconds, `startS` included, `endS` not. Phases follow each other without a gap. */
export interface Phase {
  readonly name: PhaseName;
  readonly startS: number;
  readonly endS: number;
}

export interface Scenario {
  readonly name: string;
  /** One sentence for `hunt scenarios`. */
  readonly description: string;
  readonly lane: "sessions";
  /** How many times faster than written it is played; speed compresses the curves and phases. */
  readonly defaultSpeed: number;
  readonly plan: LoadPlan;
  readonly phases: readonly Phase[];
  /** In the grammar of design section 6: `sessions.dig.p99 < 50ms @spike`. */
  readonly budgets: readonly string[];
}
