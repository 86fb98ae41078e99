/** `hunt drill [NAME]`: a rehearsal as a run of its own, or the list of what can be rehearsed. */

import { resolve } from "node:path";
import { drillScenario, recordedDrill, untilRepaired } from "../../drills/drill-scenario.ts";
import { drillsOf, type LaneDrill, unobserved } from "../../drills/drills.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { flagError, numberFlag } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import type { LaneInSeries } from "../../lanes/lane.ts";
import { flagKey, type GivenFlags, longFlag } from "../../lanes/lane-flag.ts";
import { laneFlags } from "../../lanes/lane-flags.ts";
import { lanes } from "../../lanes/lanes.ts";
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
import { renderedCode } from "../../runner/record/render-run.ts";
import type { RunResult } from "../../runner/run-scenario.ts";
import { suggestionFor } from "../../suggestion.ts";
import { lanesInSeries } from "../flags/lane-flags.ts";
import { plainTable } from "../lists/plain-table.ts";
import { briefing, type RehearsalFlags, rehearsalFlags } from "./rehearsal-flags.ts";

export interface DrillFlags extends RehearsalFlags {
  readonly players?: string;
  readonly rate?: string;
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
  const players = loadFlag("--players", flags.players, 1_000_000);
  const ratePerS = loadFlag("--rate", flags.rate, 1_000_000);
  const byHand = await rehearsalFlags(environment, drill, flags);
  const variants = variantsOf(drill, flags).map((variant) =>
    lanesInSeries([drill.lane], { ...drill.flags, ...variant }),
  );
  const [[chosen] = []] = variants;
  const byItself = await drillScenario(drill, optional({ players, ratePerS }), chosen);
  const scenario = byHand === undefined ? byItself : untilRepaired(byItself, byHand.plan.boundS);
  if (byHand !== undefined) environment.stderr.write(briefing(byHand, drill));
  const words = [
    `hunt drill ${name}`,
    ...(players === undefined ? [] : [`--players ${players}`]),
    ...(ratePerS === undefined ? [] : [`--rate ${ratePerS}`]),
    ...Object.entries(givenOf(drill, flags)).map(([flag, text]) => `${flag} ${text}`),
    ...(byHand === undefined ? [] : ["--interactive"]),
  ];
  const id = newSeriesId(environment);
  const request = (lanes: readonly LaneInSeries[], before: number): SeriesRequest => ({
    lanes: lanes.map(unobserved),
    scenario,
    drill: { ...recordedDrill(drill), ...(byHand === undefined ? {} : { interactive: true }) },
    ...(byHand === undefined ? {} : { rehearsal: byHand.plan, shareAs: byHand.shareAs }),
    replay: () => words.join(" "),
    allowQuorumLoss: drill.losesQuorum,
    repeat: 1,
    reportsDir: resolve(environment.cwd, flags.reports ?? "reports"),
    partOf: { id, before, of: variants.length },
  });
  const runs: RunResult[] = [];
  let last: SeriesResult | undefined;
  for (const [before, lanes] of variants.entries()) {
    last = await playSeries(request(lanes, before), environment);
    runs.push(...last.runs);
    if (last.interruptedBy !== undefined) break;
  }
  show(environment, runs, flags);
  if (last?.interruptedBy === undefined) return last?.exitCode || renderedCode(runs);
  return signalExitCode(last.interruptedBy);
}

/** What was given of the lane's flags, by their long names. */
function givenOf({ lane }: LaneDrill, flags: DrillFlags): Readonly<Record<string, string>> {
  const given: Readonly<Record<string, unknown>> = { ...flags };
  const own = (laneFlags[lane.id] ?? []).flatMap((flag) => {
    const text = given[flagKey(flag)];
    return typeof text === "string" ? [[longFlag(flag), text] as const] : [];
  });
  return Object.fromEntries(own);
}

/**
 * The drill as it is set up in each run. A flag of the lane may have several values, by commas: each is a run. Without
 * one, the drill has its own list. A person plays one run.
 */
function variantsOf(drill: LaneDrill, flags: DrillFlags): readonly GivenFlags[] {
  const alone = flags.interactive === true;
  const [several, ...rest] = (laneFlags[drill.lane.id] ?? []).flatMap((flag) => {
    const text = givenOf(drill, flags)[longFlag(flag)];
    return text === undefined ? [] : [{ flag, text }];
  });
  if (several === undefined) return alone ? [{}] : (drill.variants ?? [{}]);
  const fixed = Object.fromEntries(rest.map(({ flag, text }) => [flagKey(flag), text]));
  const values = several.text.split(",");
  if (alone && values.length > 1) {
    throw flagError(longFlag(several.flag), "one profile with --interactive", several.text);
  }
  return values.map((value) => ({ ...fixed, [flagKey(several.flag)]: value }));
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

function drillOf(name: string): LaneDrill {
  const drills = drillsOf(lanes);
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
  const drills = drillsOf(lanes);
  const rows = drills.map(({ name, lane, description }) => [name, lane.id, description]);
  const next = `Next: hunt drill ${drills[0]?.name ?? "NAME"}`;
  return `${plainTable(["DRILL", "LANE", "WHAT"], rows)}\n${next}\n`;
}

function listDocument(): string {
  const drills = drillsOf(lanes).map(({ lane, ...drill }) => ({ ...drill, lane: lane.id }));
  return `${JSON.stringify({ schemaVersion: 2, drills }, null, 2)}\n`;
}
