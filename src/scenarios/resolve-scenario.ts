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
import { lanes } from "../lanes/lanes.ts";
import { readCsvPlan } from "../load/plan/csv-plan.ts";
import {
  defaultShares,
  type LoadGenerator,
  type LoadPlan,
  type ReadProtocol,
} from "../load/plan/load-plan.ts";
import { compressPlan, scalePlan, stretchPhases, stretchPlan } from "../load/plan/reshape-plan.ts";
import { checkPlan } from "../load/plan/validate-plan.ts";
import { optional } from "../optional.ts";
import { suggestionFor } from "../suggestion.ts";
import { checkBudgetPhases, withFaultPhases } from "./fault-phases.ts";
import type { Phase, PlayedScenario, Scenario } from "./scenario.ts";
import { isScenarioFile, readScenarioFile } from "./scenario-file.ts";
import { defaultScenarioName, scenarios } from "./scenarios.ts";

export interface ScenarioRequest {
  /** A built-in name or a YAML file; the default scenario when absent. */
  readonly scenario?: string;
  readonly players?: number;
  readonly ratePerS?: number;
  readonly durationS?: number;
  readonly speed?: number;
  /** A CSV file whose values become the curve of the rate. */
  readonly planFile?: string;
  readonly readRatio?: number;
  /** How reads reach the proxy. */
  readonly readProtocol?: ReadProtocol;
  readonly playedBy?: LoadGenerator;
  /** Weights of the networks that the players sit on. */
  readonly networks?: NonNullable<LoadPlan["networks"]>;
  /** Players with two devices. */
  readonly twoDeviceShare?: number;
  readonly skew?: number;
  readonly seed?: number;
  /** Instead of the scenario's own. */
  readonly budgets?: readonly string[];
  /** Besides the scenario's own, in seconds of the run as it is played. */
  readonly faults?: readonly string[];
  /** Instead of the scenario's own. */
  readonly storm?: string;
  /** How many gateways a storm has to choose from; 2 when absent. */
  readonly gateways?: number;
  /** Leaves the scenario's own faults out, its storm too. */
  readonly withoutFaults?: boolean;
}

/** @throws HuntError (exit code 2) that names what is wrong. */
export async function resolveScenario(request: ScenarioRequest): Promise<PlayedScenario> {
  const written = await findScenario(request.scenario ?? defaultScenarioName);
  // A scenario from a file may be impossible as written; stretching it would only hide where.
  checkPlan(written.plan, `scenario ${written.name}`);
  const stretched = atSpeed(written, request);
  const scaled = scalePlan(stretched, {
    ...optional({ ratePerS: request.ratePerS, players: request.players }),
  });
  const { plan: shaped, recorded } =
    request.planFile === undefined
      ? { plan: scaled, recorded: undefined }
      : await readCsvPlan(request.planFile, scaled);
  const plan = {
    ...defaultShares,
    ...shaped,
    seed: request.seed ?? shaped.seed,
    skew: request.skew ?? shaped.skew,
    readRatio: request.readRatio ?? shaped.readRatio,
    ...optional({
      twoDeviceShare: request.twoDeviceShare,
      readProtocol: request.readProtocol,
      playedBy: request.playedBy,
      networks: request.networks,
    }),
  };
  checkPlan(plan, `scenario ${written.name}`);
  const phases = playedPhases(written, plan);
  const world = stormWorldOf(lanes, { gateways: request.gateways ?? defaultGateways });
  const toPlay = { written, plan, phases, request, world };
  const storm = playedStorm(toPlay);
  const faults = playedFaults(toPlay, storm);
  const cut = withFaultPhases(phases, faults, storm === undefined ? undefined : endOfStorm(storm));
  const budgets = request.budgets ?? written.budgets;
  checkBudgetPhases(budgets, phases, cut);
  const { storm: _, ...rest } = written;
  return {
    ...rest,
    plan,
    phases: cut,
    uncutPhases: phases,
    faults,
    ...optional({ storm, recorded }),
    budgets,
  };
}

async function findScenario(name: string): Promise<Scenario> {
  const builtIn = scenarios.find((scenario) => scenario.name === name);
  if (builtIn !== undefined) return builtIn;
  if (isScenarioFile(name)) return readScenarioFile(name);
  const names = scenarios.map((scenario) => scenario.name);
  throw new HuntError({
    code: "usage.unknown-scenario",
    message: `unknown scenario "${name}". ${suggestionFor(name, names)}`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started. hunt scenarios lists them; a file ends with .yaml or .yml.",
  });
}

/** `--duration` gives the curve another length, `--speed` (or the scenario's own) compresses it. */
function atSpeed(written: Scenario, request: ScenarioRequest): LoadPlan {
  if (request.durationS === undefined) {
    return compressPlan(written.plan, request.speed ?? written.defaultSpeed);
  }
  if (request.speed === undefined) return stretchPlan(written.plan, request.durationS);
  throw new HuntError({
    code: "usage.contradiction",
    message: "--duration and --speed both set how long the run lasts",
    exitCode: exitCodes.usage,
    hint: "Nothing was started. Give one of them.",
  });
}

/** As of `hunt bench`. */
const defaultGateways = 2;
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
