/** The load on one lane as a scenario writes it: data that the lane's own schema reads. */
import { z } from "zod";
import type { CurvePoint, LoadPlan } from "../load/plan/load-plan.ts";

/** What a lane has of the load for itself; the rest of a plan is shared by all lanes. */
export interface LanePart {
  /** Arrivals per second over all players. */
  readonly rate: readonly CurvePoint[];
  /** What else the lane's players are told, by the lane's schema. */
  readonly [setting: string]: unknown;
}

export interface PlannedCount {
  /** `digs` */
  readonly what: string;
  /** Of one arrival. */
  readonly each: number;
}

export interface LaneLoad {
  /** Fills in what is not written. */
  readonly part: z.ZodType<LanePart>;
  /** Of what a scenario may leave out. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** What is wrong with the lane's part of a plan, as it is played. */
  problems(plan: LoadPlan): readonly string[];
  /** What comes of an arrival, in the plural, with how many of each; the first is what arrives. */
  counts(plan: LoadPlan): readonly PlannedCount[];
  /** A player acts once in so many seconds, where `--players` alone is given. */
  readonly secondsPerAction: number;
}

/** Points of a piecewise linear curve. */
export const curveSchema = z.array(z.tuple([z.number(), z.number()])).min(1);
