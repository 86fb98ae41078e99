/** What a plan asks for over time, in few enough steps to be read before anything is started. */
import { integrate, peakBetween } from "./curve.ts";
import type { LoadPlan } from "./load-plan.ts";

export interface PlanStep {
  readonly fromS: number;
  readonly toS: number;
  /** The most players that are active at a time. */
  readonly players: number;
  /** The mean of the step. */
  readonly digsPerS: number;
  /** The highest rate in it, which a mean would hide. */
  readonly peakDigsPerS: number;
  /** The mean of the step; they come on top of the digs. */
  readonly readsPerS: number;
}

const mostSteps = 20;
/** Lengths that are easy to read; a load of 24 h has steps of two hours. */
const stepLengthsS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200] as const;

export function planOverTime(plan: LoadPlan): PlanStep[] {
  const { durationS, players, rate, readRatio } = plan;
  const lengthS = stepLengthsS.find((each) => durationS / each <= mostSteps) ?? durationS;
  return Array.from({ length: Math.ceil(durationS / lengthS) }, (_, index) => {
    const fromS = index * lengthS;
    const toS = Math.min(fromS + lengthS, durationS);
    const digsPerS = integrate(rate, fromS, toS) / (toS - fromS);
    return {
      fromS,
      toS,
      players: Math.floor(peakBetween(players, fromS, toS)),
      digsPerS,
      peakDigsPerS: peakBetween(rate, fromS, toS),
      readsPerS: digsPerS * readRatio,
    };
  });
}
