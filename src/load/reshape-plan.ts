/**
 * Changes of a plan that the operator asks for: played faster, or with other figures. All of them
 * return a new plan; what one player does (mix, timeout, skew) stays as it is.
 */
import { peak } from "./curve.ts";
import type { CurvePoint, LoadPlan } from "./load-plan.ts";
import { impossiblePlan, numberProblems, planLimits } from "./validate-plan.ts";

/** A player digs once per 7 s on average. */
const secondsPerDig = 7;

/**
 * The same curves in `1 / speed` of the time, at the same rates: speed compresses the curve, not what
 * a player does. The new duration is whole seconds, at least one.
 * @throws HuntError (exit code 2) when the speed is not a number above 0.
 */
export function compressPlan(plan: LoadPlan, speed: number): LoadPlan {
  refuse(numberProblems("--speed", speed, Number.MIN_VALUE, 1_000));
  return stretchPlan(plan, plan.durationS / speed);
}

/** Phases for a plan that was stretched from `fromS` to `toS` seconds: whole seconds, without a gap. */
export function stretchPhases<P extends { readonly startS: number; readonly endS: number }>(
  phases: readonly P[],
  fromS: number,
  toS: number,
): P[] {
  const scaled = (atS: number) => Math.round((atS * toS) / fromS);
  return phases
    .map((phase) => ({ ...phase, startS: scaled(phase.startS), endS: scaled(phase.endS) }))
    .filter((phase) => phase.endS > phase.startS);
}

export interface PlanOverrides {
  /** Digs per second over all players, from the first second to the last. */
  readonly ratePerS?: number;
  /** Players, from the first second to the last. */
  readonly players?: number;
  /** Stretches the curves; a constant load just lasts that long. */
  readonly durationS?: number;
}

/**
 * `--rate`, `--players` and `--duration`. A rate or a number of players makes the load constant; the
 * one that is missing follows from the other at a dig per player and 7 s, but `--rate` alone keeps
 * the highest number of players that the plan had.
 * @throws HuntError (exit code 2) naming every value that is not possible.
 */
export function scalePlan(plan: LoadPlan, overrides: PlanOverrides): LoadPlan {
  const { ratePerS, players, durationS } = overrides;
  refuse([
    ...(ratePerS === undefined
      ? []
      : numberProblems("--rate", ratePerS, Number.MIN_VALUE, planLimits.ratePerS)),
    ...(players === undefined ? [] : numberProblems("--players", players, 1, planLimits.players)),
    ...(durationS === undefined
      ? []
      : numberProblems("--duration (seconds)", durationS, 1, planLimits.durationS)),
  ]);
  const timed = durationS === undefined ? plan : stretchPlan(plan, durationS);
  if (ratePerS === undefined && players === undefined) return timed;
  const count = players ?? peak(plan.players);
  return {
    ...timed,
    players: constant(count, timed.durationS),
    rate: constant(ratePerS ?? count / secondsPerDig, timed.durationS),
  };
}

function stretchPlan(plan: LoadPlan, durationS: number): LoadPlan {
  const wholeS = Math.max(1, Math.round(durationS));
  const factor = wholeS / plan.durationS;
  const stretch = (curve: readonly CurvePoint[]): CurvePoint[] =>
    curve.map(([atS, value]) => [atS * factor, value]);
  return {
    ...plan,
    durationS: wholeS,
    players: stretch(plan.players),
    rate: stretch(plan.rate),
  };
}

function constant(value: number, durationS: number): CurvePoint[] {
  return [
    [0, value],
    [durationS, value],
  ];
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw impossiblePlan("this command line", problems);
}
