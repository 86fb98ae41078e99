/** The load under which a drill is held: even, long enough before the fault and after it. */

import { stretchPlan } from "../load/plan/reshape-plan.ts";
import { optional } from "../optional.ts";
import type { RunDocument } from "../recording/run-document.ts";
import { withFaultPhases } from "../scenarios/fault-phases.ts";
import { resolveScenario } from "../scenarios/resolve-scenario.ts";
import type { Phase, PlayedScenario } from "../scenarios/scenario.ts";
import type { Drill } from "./drill.ts";

export interface DrillLoad {
  readonly players?: number;
  readonly ratePerS?: number;
}

/** The last drilled fault is healed at 28 s; what is left is for the recovery and for the proof of it. */
const durationS = 38;
const defaultPlayers = 1_400;
/** Of every second before the fault, and of five in a row after it. */
const steadyState = [
  "sessions.dig.p99 < 150ms",
  "sessions.dig.errorRate < 1%",
  "sessions.read.errorRate < 1%",
];

/** @throws HuntError (exit code 2) when the load can't be played. */
export async function drillScenario(drill: Drill, load: DrillLoad): Promise<PlayedScenario> {
  const scenario = await resolveScenario({
    scenario: "smoke",
    players: load.players ?? defaultPlayers,
    ...optional({ ratePerS: load.ratePerS }),
    durationS,
    faults: drill.faults,
    budgets: steadyState.map((budget) => `${budget} @steady`),
  });
  return { ...scenario, name: `drill-${drill.name}`, description: drill.description };
}

/** Load after the last repair: 5 s of recovery, and more than those that prove the steady state. */
export const provenAfterS = 14;

/**
 * The drill as a person plays it: the faults stay until they are repaired, and the load goes on for as
 * long as that may take; the run is cut when it is over.
 * @param boundS From the first fault to giving up.
 */
export function untilRepaired(scenario: PlayedScenario, boundS: number): PlayedScenario {
  const lastS = Math.max(...scenario.faults.map(({ atS }) => atS));
  const endS = lastS + boundS;
  const durationS = Math.ceil(endS + 2 * provenAfterS);
  const faults = scenario.faults.map((fault) => ({ ...fault, forS: endS - fault.atS }));
  const warmUntilS = scenario.phases[0]?.endS ?? 0;
  const even: readonly Phase[] = [
    { name: "warmup", startS: 0, endS: warmUntilS },
    { name: "steady", startS: warmUntilS, endS: durationS },
  ];
  return {
    ...scenario,
    plan: stretchPlan(scenario.plan, durationS),
    phases: withFaultPhases(even, faults),
    uncutPhases: even,
    faults,
  };
}

/** What the recording has to know to be scored, now and later. */
export function recordedDrill(drill: Drill): NonNullable<RunDocument["drill"]> {
  const { name, recoverWithinS, steps } = drill;
  return {
    name,
    runbook: `docs/runbooks/${name}.md`,
    steps: [...steps],
    steadyState: [...steadyState],
    recoverWithinS,
  };
}
