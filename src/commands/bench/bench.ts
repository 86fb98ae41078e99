/** `hunt bench`: typed flags -> runs -> verdict. Everything is checked before anything is started. */

import { resolve } from "node:path";
import type { Environment } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { durationFlag, flagError, gateFlag, numberFlag } from "../../flag-values.ts";
import { lanes } from "../../lanes/lanes.ts";
import { loadGenerators } from "../../load/plan/load-plan.ts";
import { readPlayerNetworks } from "../../load/plan/player-networks.ts";
import { optional } from "../../optional.ts";
import { compareRuns } from "../../reporting/compare/compare-runs.ts";
import { reporterOf } from "../../reporting/formats/reporters.ts";
import {
  checkSeries,
  designsInTurn,
  playSeries,
  type SeriesRequest,
} from "../../runner/play-series.ts";
import { renderedCode } from "../../runner/record/render-run.ts";
import {
  findScenario,
  lanesOfScenario,
  resolveScenario,
  type ScenarioRequest,
} from "../../scenarios/resolve-scenario.ts";
import { networkNames } from "../../topology/networks.ts";
import {
  checkRuntimeFlag,
  type LanesFlags,
  lanesFlag,
  lanesInSeries,
  rateFlag,
  sabotageList,
} from "../flags/lane-flags.ts";
import { benchView, type DashboardFlags } from "./bench-dashboard.ts";
import { dryRunDocument, dryRunText } from "./dry-run.ts";
import type { FaultScheduleFlags } from "./fault-flags.ts";
import { type KeepFlags, keepFlag, sayKept, shareFlag } from "./keep-flag.ts";
import { replayCommand } from "./replay-command.ts";

export interface BenchFlags extends LanesFlags, KeepFlags, FaultScheduleFlags, DashboardFlags {
  readonly scenario?: string;
  readonly runtime?: string;
  readonly players?: string;
  readonly rate?: string;
  readonly duration?: string;
  readonly speed?: string;
  readonly plan?: string;
  readonly generator?: string;
  readonly networks?: string;
  readonly skew?: string;
  readonly seed?: string;
  readonly repeat?: string;
  readonly retries?: string;
  readonly budget?: readonly string[];
  readonly gate?: string;
  readonly reports?: string;
  readonly portBase?: string;
}

/** @returns the exit code. @throws HuntError (2: usage, 3: environment). */
export async function benchCommand(environment: Environment, flags: BenchFlags): Promise<number> {
  const gate = gateFlag(flags.gate);
  if (flags.sabotage === "list") {
    environment.stdout.write(sabotageList(lanes));
    return exitCodes.pass;
  }
  const request = await seriesRequest(environment, flags, gate);
  if (flags.dryRun === true) {
    checkSeries(request, environment);
    const planned = flags.json === true ? dryRunDocument : dryRunText;
    const lanes = request.lanes.map(({ lane }) => lane);
    environment.stdout.write(planned(request.scenario, lanes));
    return exitCodes.pass;
  }
  const series = await playSeries(request, environment, benchView(environment, flags));
  const reporter = reporterOf(flags.json === true ? "json" : "text");
  const summaries = series.runs.map((run) => run.summary);
  const [only] = summaries;
  if (only !== undefined) {
    const text =
      summaries.length === 1 ? reporter.summary(only) : reporter.comparison(compareRuns(summaries));
    environment.stdout.write(text);
  }
  const { spoiled, runs } = series;
  for (const { folder } of spoiled) environment.stderr.write(`spoiled: ${folder.path}\n`);
  for (const { folder } of runs) environment.stderr.write(`recording: ${folder.path}\n`);
  const { shareAs } = request;
  if (request.keep === true && shareAs !== undefined) await sayKept(environment, shareAs);
  if (series.interruptedBy !== undefined) {
    return signalExitCode(series.interruptedBy);
  }
  const verdict = gate === "warn" ? exitCodes.pass : series.exitCode;
  return verdict === exitCodes.pass ? renderedCode(runs) : verdict;
}

async function seriesRequest(
  environment: Environment,
  flags: BenchFlags,
  gate: "fail" | "warn",
): Promise<SeriesRequest> {
  checkRuntimeFlag(flags.runtime ?? "local");
  const written = await findScenario(flags.scenario);
  const playing = lanesFlag(flags.lanes, lanesOfScenario(written, lanes), lanes);
  const inSeries = lanesInSeries(playing, flags);
  const scenario = await resolveScenario({
    ...scenarioRequest(environment, flags),
    ...rateFlag(flags.rate, playing),
    scenario: written,
    lanes: inSeries,
  });
  const repeat = whole("--repeat", flags.repeat, 1, 100) ?? 1;
  const runs = designsInTurn(inSeries).length * repeat;
  const decides = runs === 1 && gate === "fail" && flags.keep !== true;
  const retries = whole("--retries", flags.retries, 0, 3) ?? (decides ? 1 : 0);
  return {
    lanes: inSeries,
    scenario,
    replay: (designs) => replayCommand(flags, designs, scenario.plan.seed),
    allowQuorumLoss: flags.allowQuorumLoss === true,
    repeat,
    retries,
    reportsDir: resolve(environment.cwd, flags.reports ?? "reports"),
    ...optional({ portBase: whole("--port-base", flags.portBase, 1_024, 65_000) }),
    keep: keepFlag(flags, runs * (1 + retries)),
    ...optional({ shareAs: await shareFlag(environment, flags) }),
  };
}

function scenarioRequest(environment: Environment, flags: BenchFlags): ScenarioRequest {
  const { plan, budget } = flags;
  return {
    ...optional({
      players: whole("--players", flags.players, 1, 1_000_000),
      durationS:
        flags.duration === undefined ? undefined : durationFlag(flags.duration, "--duration"),
      speed: number("--speed", flags.speed, 0.01, 360),
      planFile: plan === undefined ? undefined : resolve(environment.cwd, plan),
      playedBy: oneOf("--generator", loadGenerators, flags.generator),
      networks: networksFlag(flags.networks),
      skew: number("--skew", flags.skew, 0, 5),
      seed: whole("--seed", flags.seed, 0, Number.MAX_SAFE_INTEGER),
      budgets: budget,
      storm: flags.storm,
    }),
    faults: flags.fault ?? [],
    withoutFaults: flags.faults === false,
  };
}

function networksFlag(text: string | undefined) {
  const networks = text === undefined ? undefined : readPlayerNetworks(text);
  if (networks === undefined || !("wrong" in networks)) return networks;
  const expected = `NAME=WEIGHT, separated by commas, of ${networkNames.join(", ")}`;
  throw flagError("--networks", expected, networks.wrong);
}

function oneOf<T extends string>(
  flag: string,
  known: readonly T[],
  text: string | undefined,
): T | undefined {
  const found = known.find((value) => value === text);
  if (text === undefined || found !== undefined) return found;
  throw flagError(flag, known.join(" or "), text);
}

function whole(flag: string, text: string | undefined, min: number, max: number) {
  return text === undefined ? undefined : numberFlag(text, { flag, min, max, integer: true });
}

function number(flag: string, text: string | undefined, min: number, max: number) {
  return text === undefined ? undefined : numberFlag(text, { flag, min, max, integer: false });
}
