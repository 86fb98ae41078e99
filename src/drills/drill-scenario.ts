/** The load under which a drill is held: even, long enough before the fault and after it. */

import type { ChosenLane } from "../lanes/lane.ts";
import { stretchPlan } from "../load/plan/reshape-plan.ts";
import { optional } from "../optional.ts";
import type { RunDocument } from "../recording/run-document.ts";
import { withFaultPhases } from "../scenarios/fault-phases.ts";
import { resolveScenario } from "../scenarios/resolve-scenario.ts";
import type { Phase, PlayedScenario } from "../scenarios/scenario.ts";
import type { LaneDrill } from "./drills.ts";

export interface DrillLoad {
  readonly players?: number;
  readonly ratePerS?: number;
}

/** The last drilled fault is healed at 28 s; what is left is for the recovery and for the proof of it. */
const durationS = 38;

/**
 * @param chosen The drill's lane, as it is set up for it.
 * @throws HuntError (exit code 2) when the load can't be played.
 */
export async function drillScenario(
  { name, description, faults, lane }: LaneDrill,
  load: DrillLoad,
  chosen: ChosenLane = { lane, ...lane.readFlags({}) },
): Promise<PlayedScenario> {
  const { scenario: even, players, steadyState } = lane.rehearsals;
  const scenario = await resolveScenario({
    scenario: even,
    lanes: [chosen],
    players: load.players ?? players,
    ...optional({ ratePerS: load.ratePerS }),
    durationS,
    faults,
    budgets: steadyState.map((budget) => `${budget} @steady`),
  });
  return { ...scenario, name: `drill-${name}`, description };
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
    ...stretched(scenario, durationS),
    phases: withFaultPhases(even, faults),
    uncutPhases: even,
    faults,
  };
}

/** What the recording has to know to be scored, now and later. */
export function recordedDrill(drill: LaneDrill): NonNullable<RunDocument["drill"]> {
  const { name, recoverWithinS, steps, lane } = drill;
  return {
    name,
    runbook: `docs/runbooks/${name}.md`,
    steps: [...steps],
    steadyState: [...lane.rehearsals.steadyState],
    recoverWithinS,
  };
}

function stretched({ plan, plans }: PlayedScenario, durationS: number) {
  const each = Object.entries(plans).map(([id, own]) => [id, stretchPlan(own, durationS)] as const);
  return { plan: stretchPlan(plan, durationS), plans: Object.fromEntries(each) };
}
