/**
 * One run of one scenario against one design, from nothing to a judged recording:
 *
 *   folder ▸ backend up ▸ load beside collectors ▸ final reads ▸ backend down ▸ verdict
 *
 * Whatever goes wrong after the folder was made ends in a recording that says so.
 */

import { resolve } from "node:path";
import { checkLanes } from "../checkers/check-lanes.ts";
import type { LaneEvidence } from "../checkers/lane-evidence.ts";
import type { Clock } from "../environment.ts";
import { faultKindsOf } from "../lanes/faults-of-lanes.ts";
import type { Lane, ServiceFiles } from "../lanes/lane.ts";
import { Progress } from "../load/progress.ts";
import { optional } from "../optional.ts";
import { openRecording } from "../recording/recording-reader.ts";
import type { RunDocument } from "../recording/run-document.ts";
import { createRunFolder, type RunFolder } from "../recording/run-folder.ts";
import { announceRun, otherUsers } from "../runtime/local/kept/machine-users.ts";
import type { NodeProgram, Runtime, StayOptions } from "../runtime/runtime.ts";
import type { PlayedScenario } from "../scenarios/scenario.ts";
import { designText, type Topology } from "../topology/topology.ts";
import { summarise } from "../verdict/summarise.ts";
import type { Summary } from "../verdict/summary-document.ts";
import { type Companions, companionsOf } from "./companions/companions.ts";
import { benchFaultDesk } from "./faults/bench-fault-desk.ts";
import { FaultRunner } from "./faults/fault-runner.ts";
import { memoryDiskWarning } from "./machine/data-disk.ts";
import { OtherRuns } from "./machine/other-runs.ts";
import { playLoad } from "./play-load.ts";
import { renderFailed, renderJudged, renderUnfinished } from "./record/render-run.ts";
import { RunRecorder } from "./record/run-recorder.ts";
import { Rehearsal, type RehearsalPlan } from "./rehearsal.ts";
import type { RunContext } from "./run-context.ts";
import type { RunView } from "./run-view.ts";
import type { StopSwitch } from "./stop-cause.ts";
import { watchNodes } from "./watch-nodes.ts";

export interface RunRequest {
  readonly runId: string;
  readonly scenario: PlayedScenario;
  /** That play beside each other. */
  readonly lanes: readonly [Lane, ...Lane[]];
  readonly topology: Topology;
  readonly document: RunDocument;
  /** A fault may cost the store its quorum. */
  readonly allowQuorumLoss?: boolean;
  readonly reportsDir: string;
  readonly portBase?: number;
  /** The backend stays after the run, unless the run was interrupted or never got to its load. */
  readonly keep?: boolean;
  /** Other hunts find the backend by this name while the run lasts. */
  readonly shareAs?: StayOptions;
  /** Played in place of a run that the machine's disk spoiled. */
  readonly afterSlowDisk?: boolean;
  /** A person repairs what the faults break. */
  readonly rehearsal?: RehearsalPlan;
}

export interface RunDependencies {
  readonly runtime: Runtime;
  readonly programs: Readonly<Record<string, NodeProgram>>;
  readonly generator: { readonly binary: string; readonly scriptsDir: string };
  /** What programs of our own are started with. */
  readonly files: ServiceFiles;
  /** Path of the warden's program, where it is not the one of this package. */
  readonly warden?: string;
  /** How each lane is judged. */
  readonly evidence: readonly LaneEvidence[];
  /** The path of the second opinion's program. */
  readonly linearize: string;
  readonly huntPid: number;
  /** Where the nodes' data folders are made. */
  readonly tmpDir: string;
  readonly clock: Clock;
  readonly stop: StopSwitch;
  readonly view: RunView;
}

export interface RunResult {
  readonly design: string;
  readonly folder: RunFolder;
  readonly summary: Summary;
  /** Whether `report.md` and `junit.xml` are in the folder. */
  readonly rendered: boolean;
}

const progressEveryS = 5;

/**
 * @throws HuntError (exit code 3) when the folder can't be made, or when the backend or the load
 * generator does not start; the recording then says `start-failed`.
 */
export async function runScenario(
  request: RunRequest,
  dependencies: RunDependencies,
): Promise<RunResult> {
  const { stop, view } = dependencies;
  const folder = await createRunFolder(
    request.reportsDir,
    request.runId,
    request.lanes.map(({ id }) => id),
  );
  const recorder = new RunRecorder(folder, request.document, stop, dependencies.clock);
  let failure: unknown;
  try {
    await recorder.open();
    await renderUnfinished(folder, request.document, view);
    await using _ = await announced(dependencies, recorder);
    await play(request, dependencies, recorder);
  } catch (error) {
    failure = error;
  }
  await recorder.close(failure);
  if (failure !== undefined && stop.cause === undefined) {
    await view.over();
    await renderFailed(folder, request.document, { failure, view });
    view.line(`recording: ${folder.path}`);
    throw failure;
  }
  const { evidence, linearize } = dependencies;
  const check = checkLanes(evidence, { secondChecker: linearize });
  const summary = await summarise(await openRecording(folder.path), check);
  await recorder.writeSummary(summary);
  const rendered = await renderJudged({ folder, summary }, view);
  const designs = request.topology.lanes.map(({ id, design }) => [id, design]);
  return { design: designText(Object.fromEntries(designs)), folder, summary, rendered };
}

/** To other runs on this machine. One that can't be seen plays all the same, and says so. */
async function announced(
  { huntPid }: RunDependencies,
  recorder: RunRecorder,
): Promise<AsyncDisposable | undefined> {
  const run = { pid: huntPid, folder: resolve(recorder.folder.path) };
  return announceRun(run).catch((error: unknown) => {
    recorder.note(`other runs of hunt can't see this one: ${error}`);
    return undefined;
  });
}

async function play(
  request: RunRequest,
  dependencies: RunDependencies,
  recorder: RunRecorder,
): Promise<void> {
  const { stop, clock, view } = dependencies;
  const begunMs = clock.monotonicMs();
  const otherRuns = new OtherRuns({
    look: () => otherUsers(request.runId),
    tell: (line, where) => view.line(line, where),
  });
  // What can't be seen is a note of its collector, once the load has begun.
  await otherRuns.tellAtStart().catch(() => undefined);
  const warning = await memoryDiskWarning(dependencies.tmpDir);
  if (warning !== undefined) {
    view.line(warning);
    recorder.note(warning);
  }
  const backend = await dependencies.runtime.up(request.topology, {
    runId: request.runId,
    logsDir: recorder.folder.logsDir,
    programs: dependencies.programs,
    signal: stop.signal,
    onProgress: (line) => view.line(line),
    ...optional({ portBase: request.portBase, stay: request.shareAs }),
  });
  let companions: Companions | undefined;
  try {
    const upS = (clock.monotonicMs() - begunMs) / 1000;
    view.line(`backend ready after ${upS.toFixed(1)} s`);
    recorder.note(`backend ready after ${upS.toFixed(1)} s`);
    const { topology, shareAs, lanes } = request;
    if (shareAs !== undefined) await backend.share();
    const rehearsal = rehearsalOf(request, recorder, view);
    const faults = new FaultRunner({ request, dependencies, recorder, backend, rehearsal });
    await faults.prepare();
    view.recording({
      folder: recorder.folder,
      note: (text) => recorder.note(text, "operator"),
      faults: benchFaultDesk({ faults, kinds: faultKindsOf(lanes), topology, shareAs }),
    });
    const context: RunContext = {
      ...{ request, dependencies, recorder, backend, faults, otherRuns, rehearsal },
      progress: progressOf(request),
    };
    companions = companionsOf(context);
    const nodes = watchNodes(context, companions);
    await playLoad(context, companions).finally(() => rehearsal?.end());
    await nodes.settled();
    // A run that lost a node stays too: that is when somebody wants to look.
    if (request.keep === true && shareAs !== undefined && stop.cause?.signal === undefined) {
      await backend.stay();
      recorder.note(`the backend stays, as "${shareAs.name}"`);
    }
  } finally {
    const exits = await backend.stop();
    // What those cost that come and go is in their own events: each ran many times.
    recorder.nodesEnded(exits.filter(({ nodeId }) => companions?.passing.has(nodeId) !== true));
  }
}

function rehearsalOf(
  { rehearsal }: RunRequest,
  recorder: RunRecorder,
  view: RunView,
): Rehearsal | undefined {
  if (rehearsal === undefined) return undefined;
  return new Rehearsal(rehearsal, {
    tell: (line) => view.line(line),
    record: (act) => recorder.sink.event({ t: recorder.now(), kind: "operator", act }),
  });
}

function progressOf({ scenario, lanes: [lane], rehearsal }: RunRequest): Progress {
  const { action, histograms } = lane.progress;
  return new Progress({
    plan: scenario.plan,
    // The name of a phase would say what was broken.
    phases:
      rehearsal?.blind === true
        ? [{ name: "drill", startS: 0, endS: scenario.plan.durationS }]
        : scenario.phases,
    action: `${lane.id}.${action}`,
    everyS: progressEveryS,
    histograms,
  });
}
