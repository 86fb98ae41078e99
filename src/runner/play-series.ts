/**
 * `--design a,b --repeat n`: the runs of one command, interleaved (a b a b), so that slow drifts of
 * the machine fall on all designs alike. The last design named decides the exit code.
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryPath } from "../engines/programs/binaries.ts";
import { ensurePrograms } from "../engines/programs/ensure-programs.ts";
import { programsOfBench } from "../engines/programs/programs.ts";
import type { Environment, InterruptSignal } from "../environment.ts";
import { exitCodes, signalExitCode } from "../exit-codes.ts";
import type { FaultKind } from "../faults/fault.ts";
import { kindNamed } from "../faults/faults.ts";
import { checkSchedule } from "../faults/plan/schedule.ts";
import { actsOnLinks, candidates } from "../faults/plan/selector.ts";
import { HuntError } from "../hunt-error.ts";
import { laneEvidences } from "../lanes/evidence.ts";
import { costOfLoss, faultKindsOf } from "../lanes/faults-of-lanes.ts";
import type { LaneInSeries } from "../lanes/lane.ts";
import { programsOf } from "../lanes/programs-of.ts";
import { topologyOf } from "../lanes/topology-of.ts";
import { playerNetworks } from "../load/plan/player-networks.ts";
import { recordedCurveLines } from "../load/recorded/recorded-curve.ts";
import { optional } from "../optional.ts";
import type { RunDocument } from "../recording/run-document.ts";
import { newRunId } from "../recording/run-folder.ts";
import { createLocalRuntime } from "../runtime/local/local-runtime.ts";
import type { StayOptions } from "../runtime/runtime.ts";
import { checkLanePhases } from "../scenarios/fault-phases.ts";
import type { PlayedScenario } from "../scenarios/scenario.ts";
import type { LinksKind } from "../topology/compose-topology.ts";
import { designText, proxyOnly, type Topology } from "../topology/topology.ts";
import { parseBudget } from "../verdict/budgets/budget-grammar.ts";
import { seriesExitCode } from "../verdict/series-verdict.ts";
import type { Summary } from "../verdict/summary-document.ts";
import { versions } from "./machine/versions.ts";
import { renderJudged } from "./record/render-run.ts";
import { newRunDocument } from "./record/run-document.ts";
import type { RehearsalPlan } from "./rehearsal.ts";
import {
  type RunDependencies,
  type RunRequest,
  type RunResult,
  runScenario,
} from "./run-scenario.ts";
import { plainView, type RunView } from "./run-view.ts";
import { checkSpace } from "./space/check-space.ts";
import { seriesSpace } from "./space/series-space.ts";
import { StopSwitch } from "./stop-cause.ts";

export interface SeriesRequest {
  /** That play beside each other; at most one of them has several designs. */
  readonly lanes: readonly LaneInSeries[];
  readonly scenario: PlayedScenario;
  /** A fault, or several at once, may cost the store its quorum. */
  readonly allowQuorumLoss: boolean;
  readonly repeat: number;
  /** How often a run that nothing but the machine kept from a verdict is played again; 0 when left out. */
  readonly retries?: number;
  /** The command that plays a run again, by the design of each of its lanes. */
  readonly replay: (designs: DesignNames) => string;
  /** When the runs are a drill. */
  readonly drill?: RunDocument["drill"];
  readonly reportsDir: string;
  readonly portBase?: number;
  /** Other hunts find the backend of each run by this name while it lasts. */
  readonly shareAs?: StayOptions;
  /** The backend stays after its run. Only with a name, one design and one repeat. */
  readonly keep?: boolean;
  /** A person repairs what the faults break. */
  readonly rehearsal?: RehearsalPlan;
  /** Where the command plays several series; else the series is the command's only one. */
  readonly partOf?: SeriesPart;
}

/** The design of each lane that plays, by its id. */
export type DesignNames = Readonly<Record<string, string>>;

/** Which runs of its command a series plays. */
export interface SeriesPart {
  /** Of the command. */
  readonly id: string;
  /** Runs of the command that were played before. */
  readonly before: number;
  /** Runs of the command in all. */
  readonly of: number;
}

export interface SeriesResult {
  /** That decide. */
  readonly runs: readonly RunResult[];
  /** In whose place another one was played. */
  readonly spoiled: readonly RunResult[];
  readonly exitCode: number;
  readonly interruptedBy?: InterruptSignal;
}

/** @throws HuntError when the request can't be run (2) or the environment does not let it (3). */
export async function playSeries(
  series: SeriesRequest,
  environment: Environment,
  view: RunView = plainView(environment.stderr),
): Promise<SeriesResult> {
  checkSeries(series, environment);
  const warnings = await checkSpace(seriesSpace(series, tmpdir()));
  for (const warning of warnings) view.line(warning);
  await ensurePrograms(environment, programsOfBench(series.lanes.map(({ lane }) => lane)));
  const stop = new StopSwitch();
  const removeListeners = stopWhenAsked(environment, stop, view);
  const dependencies = runDependencies(series, environment, { stop, view });
  const runs: RunResult[] = [];
  const spoiled: RunResult[] = [];
  for (const line of recordedCurveLines(series.scenario.recorded)) view.line(line);
  const designs = designsInTurn(series.lanes);
  const count = designs.length * series.repeat;
  const part = series.partOf ?? { id: newSeriesId(environment), before: 0, of: count };
  try {
    for (const [index, names] of interleaved(designs, series.repeat).entries()) {
      if (stop.cause !== undefined) break;
      const heading = count === 1 ? "" : `run ${index + 1} of ${count}: `;
      view.line(`${heading}${series.scenario.name}, design ${designText(names)}`);
      const place = { id: part.id, run: part.before + index + 1, of: part.of };
      const planned = { designs: names, ...(part.of === 1 ? {} : { place }) };
      const played = await playUntilTold(series, planned, environment, dependencies);
      runs.push(played.run);
      spoiled.push(...played.spoiled);
    }
  } catch (error) {
    await view.over();
    // Nobody else names the runs that were judged before the one that failed.
    for (const { folder } of runs) view.line(`recording: ${folder.path}`);
    throw error;
  } finally {
    await view.over();
    removeListeners();
  }
  const gated = runs.filter((run) => run.design === designText(designs.at(-1) ?? {}));
  return {
    runs,
    spoiled,
    exitCode: seriesExitCode(gated.map((run) => run.summary.verdict)),
    ...optional({ interruptedBy: stop.cause?.signal }),
  };
}

/** Of a command, for its runs to be told from those of any other. */
export function newSeriesId({ clock, random }: Pick<Environment, "clock" | "random">): string {
  return `${clock.nowMs().toString(36)}-${random().toString(36)}`;
}

/** One run, and again while there are retries left and nothing but the machine kept it from a verdict. */
async function playUntilTold(
  series: SeriesRequest,
  planned: PlannedRun,
  environment: Environment,
  dependencies: RunDependencies,
): Promise<{ readonly run: RunResult; readonly spoiled: readonly RunResult[] }> {
  const { stop, view } = dependencies;
  const spoiled: RunResult[] = [];
  let retryOf: RunDocument["retryOf"];
  let afterSlowDisk = false;
  for (;;) {
    const request = runRequest(series, { ...planned, retryOf }, environment);
    const run: RunResult = await runScenario({ ...request, afterSlowDisk }, dependencies).catch(
      async (error: unknown) => {
        await view.over();
        // With nothing in their place, what they recorded is all there is.
        for (const { folder } of spoiled) view.line(`spoiled: ${folder.path}`);
        throw error;
      },
    );
    await view.over();
    const again = spoiled.length < (series.retries ?? 0) && stop.cause === undefined;
    const reason = again ? worthARetry(run.summary) : undefined;
    if (reason === undefined) {
      for (const each of spoiled) await renderJudged(each, view, playedAgain);
      return { run, spoiled };
    }
    view.line(
      `the machine, not the backend, spoiled this run; playing it once more (--retries 0: not): ${reason}`,
    );
    spoiled.push(run);
    retryOf = { runId: request.runId, reason };
    afterSlowDisk = run.summary.verdict.spoiledBy?.includes("disk") === true;
  }
}

const playedAgain = "the machine spoiled this run, and it was played again";

/** Why: its first reason. What an operator did to a run would be missing in the next one. */
function worthARetry({ verdict, faults }: Summary): string | undefined {
  if (verdict.spoiledBy === undefined) return undefined;
  return faults.some(({ injectedBy }) => injectedBy === "operator")
    ? undefined
    : verdict.reasons[0];
}

/** One design of each lane for each run, in the order of the series; the last one is gated. */
export function designsInTurn(lanes: readonly LaneInSeries[]): readonly DesignNames[] {
  const runs = Math.max(1, ...lanes.map(({ designs }) => designs.length));
  return Array.from({ length: runs }, (_, index) =>
    Object.fromEntries(
      lanes.flatMap(({ lane, designs }) => {
        const design = designs[index] ?? designs.at(-1);
        return design === undefined ? [] : [[lane.id, design.name]];
      }),
    ),
  );
}

function interleaved(designs: readonly DesignNames[], repeat: number): DesignNames[] {
  return Array.from({ length: repeat }, () => designs).flat();
}

/**
 * A budget on a name that does not exist, or a fault on a node that is not there, is found before
 * anything is started.
 * @throws HuntError (exit code 2).
 */
export function checkSeries(series: SeriesRequest, environment: Environment): void {
  const { allowQuorumLoss } = series;
  const lanes = series.lanes.map(({ lane }) => lane);
  for (const designs of designsInTurn(series.lanes)) {
    const { document, topology } = runRequest(series, { designs }, environment);
    for (const budget of document.budgets) parseBudget(budget, document);
    checkLanePhases(document.budgets, series.scenario.uncutPhases, document.lanes);
    checkSchedule(series.scenario.faults, {
      topology,
      kinds: faultKindsOf(lanes),
      allowQuorumLoss,
      costOfLoss: (serving, nodeId) => costOfLoss(lanes, topology, serving, nodeId),
    });
  }
}

interface PlannedRun {
  readonly designs: DesignNames;
  /** Among the runs of its command, where there are others. */
  readonly place?: RunDocument["series"];
  readonly retryOf?: RunDocument["retryOf"];
}

function runRequest(
  series: SeriesRequest,
  { designs, place, retryOf }: PlannedRun,
  environment: Environment,
): RunRequest {
  const { scenario, reportsDir } = series;
  const [first, ...others] = series.lanes;
  if (first === undefined) throw new Error("no lane plays");
  const startedAt = new Date(environment.clock.nowMs());
  const runId = newRunId(scenario.name, startedAt, environment.random() / 2 ** 32);
  const kinds = faultKindsOf(series.lanes.map((each) => each.lane));
  const links = linksFor(scenario, first.settings.links, kinds);
  const played = series.lanes.map((each) => ({
    ...each,
    settings: { ...each.settings, ...optional({ links }) },
  }));
  const whole = topologyOf(
    played.map(({ lane: each, settings }) => ({
      lane: each,
      options: {
        ...settings,
        design: designs[each.id] ?? each.defaultDesign,
        seed: scenario.plan.seed,
        networks: playerNetworks(scenario.plan).map(({ name }) => name),
      },
    })),
  );
  const topology = links === "faulted" ? faultedLinks(scenario, whole, kinds) : whole;
  const document = newRunDocument({
    runId,
    scenario,
    lanes: played,
    topology,
    runtime: "local",
    ...optional({ drill: series.drill }),
    versions: versions(
      environment.packageRoot,
      series.lanes.map((each) => each.lane),
    ),
    replay: series.replay(designs),
    ...optional({ retryOf, series: place }),
    startedAt,
  });
  return {
    runId,
    scenario,
    lanes: [first.lane, ...others.map(({ lane }) => lane)],
    topology,
    document,
    allowQuorumLoss: series.allowQuorumLoss,
    reportsDir,
    ...optional({ portBase: series.portBase }),
    keep: series.keep === true,
    ...optional({ shareAs: series.shareAs, rehearsal: series.rehearsal }),
  };
}

/**
 * A fault on a link needs a proxy in front of it, and so do the players' networks; `--links direct` is
 * refused, for faults where they are checked.
 */
function linksFor(
  scenario: PlayedScenario,
  asked: LinksKind | undefined,
  kinds: readonly FaultKind[],
): LinksKind | undefined {
  const { networks } = scenario.plan;
  if (networks !== undefined && asked === "direct") {
    throw new HuntError({
      code: "usage.contradiction",
      message: "--links direct leaves no link on which the players' networks could be",
      exitCode: exitCodes.usage,
      hint: "Nothing was started. Leave --links out, or --networks.",
    });
  }
  const needed =
    networks !== undefined ||
    scenario.faults.some(({ kind }) => actsOnLinks(kindNamed(kinds, kind)));
  return needed ? (asked ?? "faulted") : asked;
}

/** The proxy costs a tenth of the machine when all links lead through it, so those that nothing needs don't. */
function faultedLinks(
  { faults }: PlayedScenario,
  topology: Topology,
  kinds: readonly FaultKind[],
): Topology {
  const targets = faults
    .map((fault) => ({ fault, kind: kindNamed(kinds, fault.kind) }))
    .filter(({ kind }) => actsOnLinks(kind))
    .flatMap(({ fault, kind }) => candidates(fault, kind, topology));
  const behindNetworks = topology.links.filter(({ network }) => network !== undefined);
  return proxyOnly(topology, new Set([...targets, ...behindNetworks].map(({ id }) => id)));
}

function runDependencies(
  series: SeriesRequest,
  environment: Environment,
  { stop, view }: Pick<RunDependencies, "stop" | "view">,
): RunDependencies {
  const { nodeBinary, packageRoot, variables } = environment;
  return {
    runtime: createLocalRuntime({
      keeperProgram: binaryPath("keeper", variables),
      tmpDir: tmpdir(),
      environment: variables,
    }),
    programs: programsOf(
      series.lanes.map(({ lane }) => lane),
      { nodeBinary, packageRoot },
    ),
    generator: {
      binary: binaryPath("k6", variables),
      scriptsDir: join(packageRoot, "src", "scenarios", "k6"),
    },
    files: { nodeBinary, packageRoot },
    evidence: laneEvidences,
    linearize: binaryPath("linearize", variables),
    huntPid: environment.pid,
    tmpDir: tmpdir(),
    clock: environment.clock,
    stop,
    view,
  };
}

/**
 * The first signal ends the run in order; the second one at once, and then the keeper, which sees
 * its control pipe close, ends what was started. A reader of our output that goes away ends the run too.
 */
function stopWhenAsked(environment: Environment, stop: StopSwitch, view: RunView): () => void {
  const interrupted = (signal: InterruptSignal) => {
    if (stop.cause?.signal !== undefined) environment.exitNow(signalExitCode(signal));
    stop.stop({ reason: "interrupted", detail: `hunt was stopped by ${signal}`, signal });
    view.line(`${signal}: stopping the load, then the backend; once more to stop at once`);
  };
  const offInterrupt = environment.onInterrupt(interrupted);
  const offAsked = view.onStop(() => interrupted("SIGINT"));
  const offClosed = environment.onOutputClosed((stream, lost) => {
    const detail =
      lost === undefined
        ? `the reader of hunt's ${stream} went away`
        : `hunt's ${stream} could not be written: ${lost.why}`;
    stop.stop({ reason: "interrupted", detail });
  });
  return () => {
    // Once interrupted it listens to the end: a second Ctrl-C while hunt is leaving has its exit code too.
    if (stop.cause?.signal === undefined) offInterrupt();
    offAsked();
    offClosed();
  };
}
