/**
 * Cuts the windows of faults out of the scenario's phases: `fault:<id>` from the second in which it is
 * injected to the one in which it is healed, then `recovery`. So budgets on `steady` judge what lies
 * outside. A second in which two faults act belongs to the one that began last. What follows a storm and
 * the recovery from it is `liveness`: by then everything must make progress.
 */
import { exitCodes } from "../exit-codes.ts";
import { endOf, type ScheduledFault } from "../faults/plan/schedule.ts";
import { HuntError } from "../hunt-error.ts";
import type { Phase, PhaseName } from "./scenario.ts";

/** From the healing on; services take back what they lost within it. */
const recoveryS = 5;

export function withFaultPhases(
  phases: readonly Phase[],
  faults: readonly ScheduledFault[],
  stormEndS?: number,
): readonly Phase[] {
  if (faults.length === 0 && stormEndS === undefined) return phases;
  const names = phases.flatMap(({ name, startS, endS }) =>
    Array.from({ length: endS - startS }, () => name),
  );
  const paint = (name: PhaseName, fromS: number, toS: number) => {
    names.fill(name, fromS, Math.min(toS, names.length));
  };
  if (stormEndS !== undefined) {
    const calmS = Math.ceil(stormEndS);
    paint("recovery", calmS, calmS + recoveryS);
    paint("liveness", calmS + recoveryS, names.length);
  }
  for (const fault of faults) paint("recovery", healedS(fault), healedS(fault) + recoveryS);
  for (const fault of faults) paint(`fault:${fault.id}`, Math.floor(fault.atS), healedS(fault));
  const result: { name: PhaseName; startS: number; endS: number }[] = [];
  for (const [second, name] of names.entries()) {
    const last = result.at(-1);
    if (last?.name === name) last.endS = second + 1;
    else result.push({ name, startS: second, endS: second + 1 });
  }
  return result;
}

interface Named {
  readonly name: string;
}

/**
 * The same for lanes beside each other: a fault cuts the phases of those that it touches alone.
 * @throws HuntError (exit code 2).
 */
export function checkLanePhases(
  budgets: readonly string[],
  phases: readonly Phase[],
  lanes: Readonly<Record<string, { readonly phases: readonly Named[] }>>,
): void {
  for (const [lane, { phases: cut }] of Object.entries(lanes)) {
    const ofLane = budgets.filter((expression) => expression.trimStart().startsWith(`${lane}.`));
    checkBudgetPhases(ofLane, phases, cut);
  }
}

/** A budget on a phase of which the faults leave no second would fail, after a whole run. @throws HuntError (exit code 2). */
export function checkBudgetPhases(
  budgets: readonly string[],
  phases: readonly Phase[],
  cut: readonly Named[],
): void {
  for (const { name } of phases) {
    if (cut.some((phase) => phase.name === name)) continue;
    const budget = budgets.find((expression) => expression.split("@")[1]?.trim() === name);
    if (budget === undefined) continue;
    throw new HuntError({
      code: "usage.phase-covered",
      message: `the faults and the recovery from them leave no second of phase ${name}, which '${budget}' judges`,
      exitCode: exitCodes.usage,
      hint: "Nothing was started. Play it longer (--duration), leave the scenario's faults out (--no-faults), or give budgets of your own.",
    });
  }
}

/** A fault that is over by itself has the second in which it is injected. */
function healedS(fault: ScheduledFault): number {
  return Math.max(Math.ceil(endOf(fault)), Math.floor(fault.atS) + 1);
}
