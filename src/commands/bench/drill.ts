/** `hunt drill [NAME]`: a rehearsal as a run of its own, or the list of what can be rehearsed. */

import { resolve } from "node:path";
import type { Drill } from "../../drills/drill.ts";
import { drillScenario, recordedDrill, untilRepaired } from "../../drills/drill-scenario.ts";
import { drills } from "../../drills/drills.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { optional } from "../../optional.ts";
import { compareRuns } from "../../reporting/compare/compare-runs.ts";
import { variantsText } from "../../reporting/compare/variants-text.ts";
import { reporterOf } from "../../reporting/formats/reporters.ts";
import {
  newSeriesId,
  playSeries,
  type SeriesRequest,
  type SeriesResult,
} from "../../runner/play-series.ts";
import { renderedCode } from "../../runner/render-run.ts";
import type { RunResult } from "../../runner/run-scenario.ts";
import { suggestionFor } from "../../suggestion.ts";
import type { TopologySettings } from "../../topology/topology-settings.ts";
import { flagError, numberFlag } from "../flags/flag-values.ts";
import { designsFlag, laneFlag } from "../flags/lane-flags.ts";
import { topologySettings } from "../flags/topology-flags.ts";
import { plainTable } from "../lists/plain-table.ts";
import { briefing, type RehearsalFlags, rehearsalFlags } from "./rehearsal-flags.ts";

export interface DrillFlags extends RehearsalFlags {
  readonly players?: string;
  readonly rate?: string;
  readonly raftTimers?: string;
  readonly reports?: string;
  readonly json?: boolean;
}

/** @returns the exit code, as of `hunt bench`. @throws HuntError (2: usage, 3: environment). */
export async function drillCommand(
  environment: Environment,
  name: string | undefined,
  flags: DrillFlags,
): Promise<number> {
  if (name === undefined) {
    environment.stdout.write(flags.json === true ? listDocument() : listText());
    return exitCodes.pass;
  }
  const drill = drillOf(name);
  const lane = laneFlag();
  const players = loadFlag("--players", flags.players, 1_000_000);
  const ratePerS = loadFlag("--rate", flags.rate, 1_000_000);
  const byHand = await rehearsalFlags(environment, drill, flags);
  const topologies = timersOf(drill, flags).map((raftTimers) => ({
    ...topologySettings(optional({ raftTimers })),
    ...optional({ quotaBytes: drill.quotaBytes }),
  }));
  const byItself = await drillScenario(drill, {
    ...optional({ players, ratePerS }),
  });
  const scenario = byHand === undefined ? byItself : untilRepaired(byItself, byHand.plan.boundS);
  if (byHand !== undefined) environment.stderr.write(briefing(byHand));
  const words = [
    `hunt drill ${name}`,
    ...(players === undefined ? [] : [`--players ${players}`]),
    ...(ratePerS === undefined ? [] : [`--rate ${ratePerS}`]),
    ...(flags.raftTimers === undefined ? [] : [`--raft-timers ${flags.raftTimers}`]),
    ...(byHand === undefined ? [] : ["--interactive"]),
  ];
  const id = newSeriesId(environment);
  const request = (topology: TopologySettings, before: number): SeriesRequest => ({
    lane,
    designs: designsFlag(lane),
    topology,
    scenario,
    drill: { ...recordedDrill(drill), ...(byHand === undefined ? {} : { interactive: true }) },
    ...(byHand === undefined ? {} : { rehearsal: byHand.plan, shareAs: byHand.shareAs }),
    replay: () => words.join(" "),
    warmFollower: false,
    allowQuorumLoss: drill.losesQuorum,
    repeat: 1,
    reportsDir: resolve(environment.cwd, flags.reports ?? "reports"),
    partOf: { id, before, of: topologies.length },
  });
  const runs: RunResult[] = [];
  let last: SeriesResult | undefined;
  for (const [before, topology] of topologies.entries()) {
    last = await playSeries(request(topology, before), environment);
    runs.push(...last.runs);
    if (last.interruptedBy !== undefined) break;
  }
  show(environment, runs, flags);
  if (last?.interruptedBy === undefined) return last?.exitCode || renderedCode(runs);
  return signalExitCode(last.interruptedBy);
}

/** By themselves, drills of several profiles of raft timers are played with each; a person plays one. */
function timersOf(drill: Drill, flags: DrillFlags): readonly (string | undefined)[] {
  const given = flags.raftTimers?.split(",");
  if (flags.interactive !== true) return given ?? drill.raftTimers ?? [undefined];
  if (given === undefined || given.length === 1) return [given?.[0]];
  throw flagError("--raft-timers", "one profile with --interactive", flags.raftTimers ?? "");
}

function show(environment: Environment, runs: readonly RunResult[], { json }: DrillFlags): void {
  const { stdout, stderr } = environment;
  const summaries = runs.map(({ summary }) => summary);
  const reporter = reporterOf(json === true ? "json" : "text");
  if (json === true && summaries.length > 1) {
    stdout.write(reporter.comparison(compareRuns(summaries)));
  } else {
    for (const summary of summaries) stdout.write(reporter.summary(summary));
    if (summaries.length > 1) stdout.write(variantsText(summaries));
  }
  for (const { folder } of runs) stderr.write(`recording: ${folder.path}\n`);
}

function loadFlag(flag: string, text: string | undefined, max: number): number | undefined {
  return text === undefined ? undefined : numberFlag(text, { flag, min: 1, max, integer: true });
}

function drillOf(name: string): Drill {
  const found = drills.find((drill) => drill.name === name);
  if (found !== undefined) return found;
  const names = drills.map((drill) => drill.name);
  throw new HuntError({
    code: "usage.unknown-drill",
    exitCode: exitCodes.usage,
    message: `unknown drill "${name}". ${suggestionFor(name, names)}`,
    hint: "Nothing was started. hunt drill lists the drills.",
  });
}

function listText(): string {
  const rows = drills.map((drill) => [drill.name, drill.description]);
  return `${plainTable(["DRILL", "WHAT"], rows)}\nNext: hunt drill ${drills[0]?.name ?? "NAME"}\n`;
}

function listDocument(): string {
  const document = { schemaVersion: 1, drills };
  return `${JSON.stringify(document, null, 2)}\n`;
}
