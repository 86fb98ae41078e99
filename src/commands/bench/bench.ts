/** `hunt bench`: typed flags -> runs -> verdict. Everything is checked before anything is started. */

import { resolve } from "node:path";
import type { Environment } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import { loadGenerators, readProtocols } from "../../load/plan/load-plan.ts";
import { readPlayerNetworks } from "../../load/plan/player-networks.ts";
import { optional } from "../../optional.ts";
import { compareRuns } from "../../reporting/compare/compare-runs.ts";
import { reporterOf } from "../../reporting/formats/reporters.ts";
import { checkSeries, playSeries, type SeriesRequest } from "../../runner/play-series.ts";
import { renderedCode } from "../../runner/render-run.ts";
import { resolveScenario, type ScenarioRequest } from "../../scenarios/resolve-scenario.ts";
import { networkNames } from "../../topology/networks.ts";
import { durationFlag, flagError, gateFlag, numberFlag } from "../flags/flag-values.ts";
import { checkRuntimeFlag, designsFlag, laneFlag } from "../flags/lane-flags.ts";
import {
  checkLogFlags,
  sabotageList,
  type TopologyFlags,
  topologySettings,
} from "../flags/topology-flags.ts";
import { benchView, type DashboardFlags } from "./bench-dashboard.ts";
import { dryRunDocument, dryRunText } from "./dry-run.ts";
import type { FaultScheduleFlags } from "./fault-flags.ts";
import { type KeepFlags, keepFlag, sayKept, shareFlag } from "./keep-flag.ts";
import { replayCommand } from "./replay-command.ts";

export interface BenchFlags extends TopologyFlags, KeepFlags, FaultScheduleFlags, DashboardFlags {
  readonly scenario?: string;
  readonly lanes?: string;
  readonly design?: string;
  readonly runtime?: string;
  readonly players?: string;
  readonly rate?: string;
  readonly duration?: string;
  readonly speed?: string;
  readonly plan?: string;
  readonly readRatio?: string;
  readonly reads?: string;
  readonly generator?: string;
  readonly twoDevices?: string;
  readonly networks?: string;
  readonly skew?: string;
  readonly seed?: string;
  readonly repeat?: string;
  readonly retries?: string;
  readonly budget?: readonly string[];
  /** False after `--no-warm-follower`. */
  readonly warmFollower?: boolean;
  readonly gate?: string;
  readonly reports?: string;
  readonly portBase?: string;
}

/** @returns the exit code. @throws HuntError (2: usage, 3: environment). */
export async function benchCommand(environment: Environment, flags: BenchFlags): Promise<number> {
  const gate = gateFlag(flags.gate);
  if (flags.sabotage === "list") {
    environment.stdout.write(sabotageList());
    return exitCodes.pass;
  }
  const request = await seriesRequest(environment, flags, gate);
  if (flags.dryRun === true) {
    checkSeries(request, environment);
    const planned = flags.json === true ? dryRunDocument : dryRunText;
    environment.stdout.write(planned(request.scenario, faultKindsOf([request.lane])));
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
  const lane = laneFlag(flags.lanes);
  checkRuntimeFlag(flags.runtime ?? "local");
  const designs = designsFlag(lane, flags.design);
  const topology = topologySettings(flags);
  checkLogFlags(designs, flags);
  const scenario = await resolveScenario(scenarioRequest(environment, flags));
  const repeat = whole("--repeat", flags.repeat, 1, 100) ?? 1;
  const runs = designs.length * repeat;
  const decides = runs === 1 && gate === "fail" && flags.keep !== true;
  const retries = whole("--retries", flags.retries, 0, 3) ?? (decides ? 1 : 0);
  return {
    lane,
    designs,
    topology,
    scenario,
    replay: (design) => replayCommand(flags, design, scenario.plan.seed),
    warmFollower: flags.warmFollower ?? true,
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
  const { scenario, plan, budget } = flags;
  return {
    ...optional({
      scenario,
      players: whole("--players", flags.players, 1, 1_000_000),
      ratePerS: number("--rate", flags.rate, 0.1, 1_000_000),
      durationS:
        flags.duration === undefined ? undefined : durationFlag(flags.duration, "--duration"),
      speed: number("--speed", flags.speed, 0.01, 360),
      planFile: plan === undefined ? undefined : resolve(environment.cwd, plan),
      readRatio: number("--read-ratio", flags.readRatio, 0, 100),
      readProtocol: oneOf("--reads", readProtocols, flags.reads),
      playedBy: oneOf("--generator", loadGenerators, flags.generator),
      networks: networksFlag(flags.networks),
      twoDeviceShare: number("--two-devices", flags.twoDevices, 0, 1),
      skew: number("--skew", flags.skew, 0, 5),
      seed: whole("--seed", flags.seed, 0, Number.MAX_SAFE_INTEGER),
      budgets: budget,
      storm: flags.storm,
    }),
    gateways: topologySettings(flags).gateways,
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
