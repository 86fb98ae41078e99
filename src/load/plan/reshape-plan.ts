/**
 * Changes of a plan that the operator asks for: played faster, or with other figures. All of them
 * return a new plan; what one player does (mix, timeout, skew) stays as it is.
 */
import { peak } from "./curve.ts";
import type { CurvePoint, LoadPlan } from "./load-plan.ts";
import { impossiblePlan, numberProblems, planLimits } from "./validate-plan.ts";

/** A player digs once per 7 s on average (design section 7): 28,000 players are 4,000 digs per second. */
export const secondsPerDig = 7;

/**
 * The same curves in `1 / speed` of the time, at the same rates: speed compresses the curve, not what
 * a player does. The new duration is whole seconds, at least one.
 * @throws HuntError (exit code 2) when the speed is not possible.
 */
export function compressPlan(plan: LoadPlan, speed: number): LoadPlan {
  refuse(numberProblems("--speed", speed, Number.MIN_VALUE, 1_000));
  return stretchPlan(plan, plan.durationS / speed);
}

/**
 * The same curves over `durationS` seconds (rounded to whole ones, at least one), at the same rates.
 * @throws HuntError (exit code 2) when the duration is not possible.
 */
export function stretchPlan(plan: LoadPlan, durationS: number): LoadPlan {
  refuse(numberProblems("--duration (seconds)", durationS, Number.MIN_VALUE, planLimits.durationS));
  const wholeS = Math.max(1, Math.round(durationS));
  // Divided first, a point at the end stays exactly there; a rounded factor could put it behind the end.
  const stretch = (curve: readonly CurvePoint[]): CurvePoint[] =>
    curve.map(([atS, value]) => [(atS / plan.durationS) * wholeS, value]);
  return {
    ...plan,
    durationS: wholeS,
    players: stretch(plan.players),
    rate: stretch(plan.rate),
  };
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

export interface PlanPeaks {
  /** Actions per second at the highest point of the curve. */
  readonly ratePerS?: number;
  /** Players at the highest point of the curve. */
  readonly players?: number;
}

/**
 * `--rate` and `--players`: the same shapes with other peaks. A number of players alone keeps what a
 * player does, so the rate follows at an action per player and `secondsPerAction`; a rate alone keeps the
 * players.
 * @throws HuntError (exit code 2) naming every value that is not possible.
 */
export function scalePlan(
  plan: LoadPlan,
  peaks: PlanPeaks,
  secondsPerAction = secondsPerDig,
): LoadPlan {
  refuse([
    ...(peaks.ratePerS === undefined
      ? []
      : numberProblems("--rate", peaks.ratePerS, Number.MIN_VALUE, planLimits.ratePerS)),
    ...(peaks.players === undefined
      ? []
      : numberProblems("--players", peaks.players, 1, planLimits.players)),
  ]);
  const players = peaks.players ?? peak(plan.players);
  const ratePerS =
    peaks.ratePerS ?? (peaks.players === undefined ? peak(plan.rate) : players / secondsPerAction);
  return {
    ...plan,
    players: withPeak(plan.players, players),
    rate: withPeak(plan.rate, ratePerS),
  };
}

function withPeak(curve: readonly CurvePoint[], value: number): CurvePoint[] {
  const highest = peak(curve);
  return curve.map(([atS, at]) => [atS, highest === 0 ? value : (at / highest) * value]);
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw impossiblePlan("the command line", problems);
}
