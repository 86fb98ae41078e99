/**
 * From what the operator asked for to the scenario that is played: every override applied, every
 * number checked, before anything is started.
 */

import { exitCodes } from "../exit-codes.ts";
import { parseFault } from "../faults/plan/fault-expression.ts";
import { type ScheduledFault, scheduleFaults } from "../faults/plan/schedule.ts";
import {
  drawStorm,
  endOfStorm,
  parseStorm,
  type StormPlan,
  type StormWorld,
  stormError,
} from "../faults/plan/storm.ts";
import { HuntError } from "../hunt-error.ts";
import { stormWorldOf } from "../lanes/faults-of-lanes.ts";
import type { ChosenLane, Lane } from "../lanes/lane.ts";
import { lanes as allLanes } from "../lanes/lanes.ts";
import type { LoadPlan } from "../load/plan/load-plan.ts";
import { stretchPhases } from "../load/plan/reshape-plan.ts";
import { optional } from "../optional.ts";
import { suggestionFor } from "../suggestion.ts";
import { checkBudgetPhases, withFaultPhases } from "./fault-phases.ts";
import { lanePlans, type PlanRequest } from "./lane-plans.ts";
import type { Phase, PlayedScenario, Scenario } from "./scenario.ts";
import { isScenarioFile, readScenarioFile } from "./scenario-file.ts";
import { defaultScenarioName, scenarios } from "./scenarios.ts";

export interface ScenarioRequest extends PlanRequest {
  /** A built-in name, a YAML file, or the scenario itself; the default scenario when absent. */
  readonly scenario?: string | Scenario;
  /** Those that play, as the operator set them up; the scenario's own, as they are, when absent. */
  readonly lanes?: readonly ChosenLane[];
  /** Instead of the scenario's own. */
  readonly budgets?: readonly string[];
  /** Besides the scenario's own, in seconds of the run as it is played. */
  readonly faults?: readonly string[];
  /** Instead of the scenario's own. */
  readonly storm?: string;
  /** Leaves the scenario's own faults out, its storm too. */
  readonly withoutFaults?: boolean;
}

/** @throws HuntError (exit code 2) that names what is wrong. */
export async function resolveScenario(request: ScenarioRequest): Promise<PlayedScenario> {
  const { scenario = defaultScenarioName } = request;
  const written = typeof scenario === "string" ? await findScenario(scenario) : scenario;
  const chosen = request.lanes ?? lanesOfScenario(written, allLanes).map(asItIs);
  const { plans, recorded } = await lanePlans(written, chosen, request);
  const [plan] = Object.values(plans);
  if (plan === undefined) throw new Error(`no lane plays scenario ${written.name}`);
  const phases = playedPhases(written, plan);
  const toPlay = { written, plan, phases, request, world: stormWorldOf(chosen) };
  const storm = playedStorm(toPlay);
  const faults = playedFaults(toPlay, storm);
  const cut = withFaultPhases(phases, faults, storm === undefined ? undefined : endOfStorm(storm));
  const budgets = request.budgets ?? budgetsOf(written, chosen);
  // Which lanes a fault touches shows in the topology: then `checkLanePhases` has its turn.
  if (chosen.length === 1) checkBudgetPhases(budgets, phases, cut);
  const { name, description } = written;
  return {
    ...{ name, description, plans, plan },
    phases: cut,
    uncutPhases: phases,
    faults,
    ...optional({ storm, recorded }),
    budgets,
  };
}

/** @throws HuntError (exit code 2) when there is none of the name, or when its file is wrong. */
export async function findScenario(
  name: string = defaultScenarioName,
  known: readonly Lane[] = allLanes,
): Promise<Scenario> {
  const builtIn = scenarios.find((scenario) => scenario.name === name);
  if (builtIn !== undefined) return builtIn;
  if (isScenarioFile(name)) return readScenarioFile(name, known);
  const names = scenarios.map((scenario) => scenario.name);
  throw new HuntError({
    code: "usage.unknown-scenario",
    message: `unknown scenario "${name}". ${suggestionFor(name, names)}`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started. hunt scenarios lists them; a file ends with .yaml or .yml.",
  });
}

export function lanesOfScenario({ lanes }: Scenario, known: readonly Lane[]): readonly Lane[] {
  return Object.keys(lanes).flatMap((id) => known.find((lane) => lane.id === id) ?? []);
}

/** With everything as it is when nobody says otherwise. */
function asItIs(lane: Lane): ChosenLane {
  return { lane, ...lane.readFlags({}) };
}

/** Those of a lane that does not play have nothing to judge. */
function budgetsOf({ budgets, lanes }: Scenario, chosen: readonly ChosenLane[]): readonly string[] {
  const left = Object.keys(lanes).filter((id) => !chosen.some(({ lane }) => lane.id === id));
  return budgets.filter((budget) => !left.some((id) => budget.startsWith(`${id}.`)));
}

/** What is left of the load after a storm: the recovery, and the seconds that prove progress. */
const afterStormS = 10;

/** The scenario's storm comes at the same place of the curve. */
function playedStorm({
  written,
  plan,
  phases,
  request,
  world,
}: FaultsToPlay): StormPlan | undefined {
  const own = request.withoutFaults === true ? undefined : written.storm;
  const given = request.storm ?? own;
  if (given === undefined) return undefined;
  const parsed = parseStorm(given, world);
  const factor = plan.durationS / written.plan.durationS;
  const storm = request.storm === undefined ? { ...parsed, atS: parsed.atS * factor } : parsed;
  const warmUntilS = warmUpEnd(phases);
  if (storm.atS < warmUntilS) {
    throw stormError(
      storm.expression,
      `the run warms up until ${warmUntilS} s; a storm comes later`,
    );
  }
  if (endOfStorm(storm) + afterStormS <= plan.durationS) return storm;
  const wanted = `it ends at ${endOfStorm(storm)} s, and ${afterStormS} s of load have to follow`;
  throw stormError(
    storm.expression,
    `${wanted} in which all makes progress, up to ${plan.durationS} s`,
  );
}

interface FaultsToPlay {
  readonly written: Scenario;
  readonly plan: LoadPlan;
  readonly phases: readonly Phase[];
  readonly request: ScenarioRequest;
  readonly world: StormWorld;
}

/** The scenario's faults come at the same place of the curve; how long they last is not compressed. */
function playedFaults(
  { written, plan, phases, request, world }: FaultsToPlay,
  storm: StormPlan | undefined,
): readonly ScheduledFault[] {
  const { kinds } = world;
  const factor = plan.durationS / written.plan.durationS;
  const parsed = (expressions: readonly string[] | undefined) =>
    (expressions ?? []).map((each) => parseFault(each, kinds));
  const own = parsed(request.withoutFaults === true ? [] : written.faults);
  const scaled = own.map((fault) => ({
    ...fault,
    ...(fault.atS === undefined ? {} : { atS: fault.atS * factor }),
    ...(fault.everyS === undefined ? {} : { everyS: fault.everyS * factor }),
  }));
  const drawn = storm === undefined ? [] : drawStorm(storm, plan.seed, world);
  return scheduleFaults([...scaled, ...parsed(request.faults), ...drawn], {
    warmUntilS: warmUpEnd(phases),
    durationS: plan.durationS,
    kinds,
  });
}

function warmUpEnd([first]: readonly Phase[]): number {
  return first?.name === "warmup" ? first.endS : 0;
}

/** Phases keep their share of the run. One so short that only its warm-up is left measures nothing. */
function playedPhases(written: Scenario, plan: LoadPlan): readonly Phase[] {
  const phases = stretchPhases(written.phases, written.plan.durationS, plan.durationS);
  if (phases.some((phase) => phase.name !== "warmup")) return phases;
  throw new HuntError({
    code: "usage.too-short",
    message: `a run of ${plan.durationS} s has no second left to measure after its warm-up`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started. Play it longer (--duration) or slower (--speed).",
  });
}
