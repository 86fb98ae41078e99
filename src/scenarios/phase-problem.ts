/**
 * What is wrong with the phases of a scenario, if anything is. Every second of the load has one phase, so
 * that no second is judged by nobody; only the first phase may be the warm-up, which does not count.
 */
import type { Phase } from "./scenario.ts";

export function phaseProblem(phases: readonly Phase[], durationS: number): string | undefined {
  let expectedS = 0;
  for (const [index, { name, startS, endS }] of phases.entries()) {
    if (startS !== expectedS || endS <= startS) {
      return `phases.${index}: expected to start at ${expectedS} s and to end later, got ${startS} to ${endS}`;
    }
    if (name === "warmup" && index > 0) {
      return `phases.${index}: only the first phase can be warmup, since nothing in it counts`;
    }
    expectedS = endS;
  }
  if (expectedS === durationS) return undefined;
  const last = `phases.${phases.length - 1}: expected the last phase to end with the load`;
  return `${last}, at ${durationS} s (plan.durationS), got ${expectedS}`;
}
