/** A scenario is data: lanes, load plan, phases, faults, budgets. */
import type { ScheduledFault } from "../faults/plan/schedule.ts";
import type { StormPlan } from "../faults/plan/storm.ts";
import type { LanePart } from "../lanes/lane-load.ts";
import type { LoadPlan, SharedPlan } from "../load/plan/load-plan.ts";
import type { RecordedCurve } from "../load/recorded/recorded-curve.ts";

export type PhaseName =
  | "warmup"
  | "ramp"
  | "spike"
  | "steady"
  | "recovery"
  | "cooldown"
  | "liveness"
  | `fault:${string}`;

/** Whole seconds, `startS` included, `endS` not. Phases follow each other without a gap. */
export interface Phase {
  readonly name: PhaseName;
  readonly startS: number;
  readonly endS: number;
}

/** A scenario as it is played: every occurrence of every fault, with its windows among the phases. */
export interface PlayedScenario
  extends Pick<Scenario, "name" | "description" | "phases" | "budgets"> {
  /** Of each lane that plays, by its id; what is shared is in all of them. */
  readonly plans: Readonly<Record<string, LoadPlan>>;
  /** That of the first lane. */
  readonly plan: LoadPlan;
  readonly faults: readonly ScheduledFault[];
  readonly storm?: StormPlan;
  /** The phases before those windows were cut out of them. */
  readonly uncutPhases: readonly Phase[];
  /** When its rate is that of recorded traffic. */
  readonly recorded?: RecordedCurve;
}

export interface Scenario {
  readonly name: string;
  /** One sentence for `hunt scenarios`. */
  readonly description: string;
  /** How many times faster than written it is played; speed compresses the curves and phases. */
  readonly defaultSpeed: number;
  readonly plan: SharedPlan;
  /** What each lane has of the load for itself, by its id; the first one leads. */
  readonly lanes: Readonly<Record<string, LanePart>>;
  readonly phases: readonly Phase[];
  /** What is broken on purpose, and when, as `--fault` takes it; none when absent. */
  readonly faults?: readonly string[];
  /** Faults drawn by the seed, besides those, as `--storm` takes it. */
  readonly storm?: string;
  /** In the grammar of design section 6: `sessions.dig.p99 < 50ms @spike`. */
  readonly budgets: readonly string[];
}
