/**
 * The load of a run beside its collectors: from the generator's start to the final reads. Frames of
 * the swarm go to the recording as they come; phases follow the frames, so that the timeline holds
 * only what was reached.
 */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startAuditor, stopAuditor } from "../auditor/auditor-node.ts";
import { startChecker, stopChecker } from "../checkers/live/checker-node.ts";
import { diskNodeId, startDisk } from "../engines/disk.ts";
import { walFileBytes } from "../engines/etcd-space.ts";
import { startSockets } from "../engines/sockets.ts";
import { WarmFollower, warmFollowerNodes } from "../lanes/sessions/warm-follower/warm-follower.ts";
import type { SecondFrame } from "../load/frames/frames.ts";
import { type LoadResult, runLoad } from "../load/k6/run-load.ts";
import { peak } from "../load/plan/curve.ts";
import type { LoadTarget } from "../load/plan/plan-file.ts";
import { playerNetworks } from "../load/plan/player-networks.ts";
import { Progress } from "../load/progress.ts";
import { askDisk } from "../metrics/collect/collect-disk.ts";
import { processCollector } from "../metrics/collect/collect-processes.ts";
import { spaceCollector } from "../metrics/collect/collect-space.ts";
import { type RunningCollectors, startCollectors } from "../metrics/collect/collector.ts";
import { bootTimeMs } from "../metrics/collect/proc.ts";
import type { MetricsSink } from "../metrics/sink.ts";
import { runFile } from "../recording/run-folder.ts";
import { clockEventText } from "../recording/timeline/clock-events.ts";
import type { Backend } from "../runtime/runtime.ts";
import type { NetworkName } from "../topology/networks.ts";
import { nodesOf, playersOn } from "../topology/topology.ts";
import { cutRun } from "./cut-run.ts";
import type { FaultRunner } from "./faults/fault-runner.ts";
import { LiveAlerts } from "./live/live-alerts.ts";
import { LiveChecks } from "./live/live-checks.ts";
import { PhaseTracker } from "./live/phase-tracker.ts";
import { awaitCalmDisk } from "./machine/calm-disk.ts";
import { ClockWatch } from "./machine/clock-watch.ts";
import { lowerPriority } from "./machine/lower-priority.ts";
import type { OtherRuns } from "./machine/other-runs.ts";
import { observeFinalState } from "./observe-final-state.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { RunRecorder } from "./run-recorder.ts";
import type { RunDependencies, RunRequest } from "./run-scenario.ts";
import { megabytes } from "./space/check-space.ts";

export interface PlayLoadOptions {
  readonly request: RunRequest;
  readonly dependencies: RunDependencies;
  readonly recorder: RunRecorder;
  readonly backend: Backend;
  readonly faults: FaultRunner;
  readonly otherRuns: OtherRuns;
  readonly rehearsal?: Rehearsal | undefined;
}

/**
 * Groups of players, each with a stream of its own to every gateway. One drives 28,000 players with a
 * third of a core; a second one halves what a message carries, and cost 20 % more CPU on all sides.
 */
const groups = 1;
const progressEveryS = 5;
/** What a busy run writes in some ten seconds. */
const shortOfReportsBytes = 5e6;

/** @throws HuntError (exit code 3) when the generator does not get to its start. */
export async function playLoad(options: PlayLoadOptions): Promise<void> {
  const { request, dependencies, recorder, backend, faults } = options;
  const { stop } = dependencies;
  const progress = progressOf(request);
  const alerts = new LiveAlerts(request.document, recorder.sink, (line) =>
    dependencies.view.line(line, "timeline"),
  );
  const phases = new PhaseTracker(request.scenario.phases, recorder);
  faults.onPhases((cut) => {
    alerts.rephase({ phases: [...cut], durationS: request.document.durationS });
    phases.rephase(cut);
    progress.rephase(cut);
  });
  let enoughAtS = 0;
  options.rehearsal?.over.addEventListener("abort", () => {
    enoughAtS = recorder.now();
  });
  let collectors: RunningCollectors | undefined;
  let warmFollower: WarmFollower | undefined;
  let clocks: ClockWatch | undefined;
  let restorePriority = () => {};
  try {
    await Promise.all([startSockets(backend), startDisk(backend)]);
    const checks =
      request.document.auditor === true ? await startChecking(options, progress) : undefined;
    await calmDisk(options);
    restorePriority = lowerPriority(dependencies.huntPid);
    const result = await runLoad({
      backend,
      ...players(options),
      plan: request.scenario.plan,
      target: loadTarget(options),
      clock: dependencies.clock,
      signal: stop.signal,
      ...(options.rehearsal === undefined ? {} : { enough: options.rehearsal.over }),
      onStart: (start) => {
        const startMs = start.monotonicMs;
        recorder.begin(start);
        clocks = watchClocks(options, startMs);
        collectors = collect(options, { startMs, progress, checks });
        warmFollower = followWarm(options, startMs);
        faults.start(startMs);
      },
      onSecond: (frame) => {
        record(recorder, frame);
        alerts.addFrame(frame);
        phases.reached(frame.second + 1);
        const line = progress.addFrame(frame);
        if (line !== undefined) dependencies.view.line(line);
      },
    });
    restorePriority();
    judgeLoad(result, options);
    await faults.finish();
    if (options.rehearsal?.over.aborted === true) {
      const endS = Math.floor(enoughAtS);
      recorder.amend((document) =>
        cutRun(document, request.scenario.faults, { endS, events: faults.events }),
      );
    }
    await collectors?.sampleNow();
    if (result.outcome === "finished") await readFinalState(options);
    await stopAuditor(backend);
    await stopChecker(backend);
    // Services hand over a second of histograms only when it is over; by now the last one is.
    await collectors?.sampleNow();
    if (result.outcome === "finished") await warmFollower?.drain();
  } finally {
    clocks?.stop();
    restorePriority();
    await faults.finish();
    await stopAuditor(backend);
    await stopChecker(backend);
    await warmFollower?.stop();
    await collectors?.stop();
  }
}

const probeAnswerMs = 1_000;

function calmDisk({ request, dependencies, recorder, backend }: PlayLoadOptions): Promise<void> {
  const { clock, stop, view } = dependencies;
  const probe = backend.addresses.address(diskNodeId, "http");
  return awaitCalmDisk({
    ask: () => askDisk(probe, AbortSignal.timeout(probeAnswerMs)),
    afterSpoiledRun: request.afterSlowDisk === true,
    monotonicMs: () => clock.monotonicMs(),
    pause: (ms) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined),
    signal: stop.signal,
    tell: (line) => {
      view.line(line);
      recorder.note(line);
    },
  });
}

/** The auditor, and what holds its file against the ledger while both are written. */
async function startChecking(
  { dependencies, recorder, backend }: PlayLoadOptions,
  progress: Progress,
): Promise<LiveChecks> {
  const { folder } = recorder;
  await startAuditor(backend, { ...dependencies.auditor, auditFile: runFile(folder, "audit") });
  const { logPath } = await startChecker(backend, { ...dependencies.auditor, folder });
  progress.setChecked(notChecked);
  return new LiveChecks(logPath, {
    counts: (counts) => progress.setChecked(counts ?? notChecked),
    line: (line) => dependencies.view.line(line, "timeline"),
  });
}

const notChecked = { lost: null, twice: null };

function followWarm(options: PlayLoadOptions, startMs: number): WarmFollower | undefined {
  const { request, dependencies, recorder, backend } = options;
  if (request.document.warmFollower !== true) return undefined;
  const follower = new WarmFollower({
    backend,
    members: nodesOf(request.topology)
      .filter((node) => node.kind === "etcd")
      .map(({ id }) => ({ nodeId: id, address: backend.addresses.address(id, "client") })),
    tmpDir: dependencies.tmpDir,
    startMs,
    clock: dependencies.clock,
    event: (event) => recorder.sink.event(event),
    signal: dependencies.stop.signal,
  });
  follower.follow(request.scenario.plan.durationS);
  return follower;
}

function watchClocks({ dependencies, recorder }: PlayLoadOptions, startMs: number): ClockWatch {
  const { clock, view } = dependencies;
  const watch = new ClockWatch({
    clocks: {
      wallMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      bootMs: bootTimeMs,
    },
    startMs,
    tell: (event) => {
      recorder.sink.event(event);
      view.line(clockEventText(event), "timeline");
    },
  });
  watch.start();
  return watch;
}

/** Who plays: the program and its script, and how many groups the players are split into. */
function players({ request, dependencies }: PlayLoadOptions) {
  const { plan } = request.scenario;
  const { binary, scriptsDir } = dependencies.generator;
  return plan.playedBy === "plain-k6"
    ? { binary, script: join(scriptsDir, "plain.js"), groups: Math.ceil(peak(plan.players)) }
    : {
        binary,
        script: join(scriptsDir, "swarm.js"),
        groups: Math.max(groups, playerNetworks(plan).length),
      };
}

function loadTarget({ request, recorder, backend }: PlayLoadOptions): LoadTarget {
  const { plan } = request.scenario;
  const targets = (network: NetworkName | undefined, kind: string, port: string) =>
    nodesOf(request.topology)
      .filter((node) => node.kind === kind)
      .map((node) => ({
        name: node.id,
        address: backend.addresses.linkAddress(playersOn(network), node.id, port),
      }));
  const behind = (network: NetworkName | undefined) => ({
    gateways: targets(network, "gateway", "grpc"),
    reads: targets(network, "proxy", plan.readProtocol ?? "http"),
  });
  const networks = playerNetworks(plan).map((each) => ({ ...each, ...behind(each.name) }));
  return {
    runId: request.runId,
    lane: request.lane.id,
    design: request.topology.design,
    ...behind(networks[0]?.name),
    networks,
    ledgerFile: runFile(recorder.folder, "ledger"),
  };
}

function progressOf({ scenario, lane, rehearsal }: RunRequest): Progress {
  return new Progress({
    plan: scenario.plan,
    // The name of a phase would say what was broken.
    phases:
      rehearsal?.blind === true
        ? [{ name: "drill", startS: 0, endS: scenario.plan.durationS }]
        : scenario.phases,
    action: `${lane.id}.dig`,
    everyS: progressEveryS,
  });
}

function collect(
  options: PlayLoadOptions,
  {
    startMs,
    progress,
    checks,
  }: {
    readonly startMs: number;
    readonly progress: Progress;
    readonly checks: LiveChecks | undefined;
  },
): RunningCollectors {
  const { request, dependencies, recorder, backend } = options;
  const processes = processCollector(
    () => [
      { nodeId: "hunt", pid: dependencies.huntPid, before: true },
      ...dependencies.view.processes(),
    ],
    async () =>
      (await backend.figures()).filter(({ nodeId }) => !warmFollowerNodes.includes(nodeId)),
  );
  return startCollectors(
    [
      ...request.lane.collectors(request.topology, backend.addresses),
      processes,
      options.otherRuns.collector(),
      spaceCollector({
        place: "temp",
        folder: dependencies.tmpDir,
        shortBytes: walFileBytes,
      }),
      spaceCollector({
        place: "reports",
        folder: request.reportsDir,
        shortBytes: shortOfReportsBytes,
      }),
      ...(checks === undefined ? [] : [checks]),
    ],
    {
      sink: alsoShowing(recorder.sink, progress, {
        series: `${request.lane.id}.raftCommit`,
        line: (text) => dependencies.view.line(text, "timeline"),
      }),
      startMs,
      clock: dependencies.clock,
    },
  );
}

/** What a person sees too: the raft commits in the progress line, what an engine says of itself in its own. */
function alsoShowing(
  sink: MetricsSink,
  progress: Progress,
  shown: { readonly series: string; readonly line: (text: string) => void },
): MetricsSink {
  return {
    event: (event) => {
      sink.event(event);
      if (event.kind === "space") {
        const { t, folder, freeBytes } = event;
        shown.line(`at t=${t.toFixed(1)}s ${folder} has ${megabytes(freeBytes)} free`);
      }
      if (event.kind !== "alarm") return;
      const { alarm, state, node, detail } = event;
      shown.line(`alarm ${alarm} ${state} on ${node} at t=${event.t.toFixed(1)}s: ${detail}`);
    },
    sample: (t, series, value) => sink.sample(t, series, value),
    histogram: (series, second, hdr) => {
      sink.histogram(series, second, hdr);
      if (series === shown.series) progress.addRaftCommit(hdr);
    },
  };
}

function record({ sink }: RunRecorder, frame: SecondFrame): void {
  for (const { action, second, ...counts } of frame.counts) sink.counts(second, action, counts);
  for (const { series, second, hdr } of frame.histograms) sink.histogram(series, second, hdr);
  for (const { action, second, count } of frame.open) {
    sink.sample(frame.second, `${action}.open@${second}`, count);
  }
  for (const { second, ...compared } of frame.reads) {
    sink.event({ t: second, kind: "reads", ...compared });
  }
  for (const { sentUs, acknowledgedUs, ...violation } of frame.readViolations) {
    const acknowledged =
      acknowledgedUs === undefined ? {} : { acknowledgedAtS: acknowledgedUs / 1e6 };
    sink.event({ t: sentUs / 1e6, kind: "read-violation", ...violation, ...acknowledged });
  }
  for (const [name, value] of Object.entries(frame.generator)) {
    sink.sample(frame.second, `generator.${name}`, value);
  }
  sink.endFrame(frame.second);
}

/** A generator that broke ends the run; one that was stopped has its cause already. */
function judgeLoad(result: LoadResult, { recorder, dependencies }: PlayLoadOptions): void {
  if (result.outcome !== "failed") return;
  const words = result.lastLines.length === 0 ? "" : `\n  ${result.lastLines.join("\n  ")}`;
  const detail = `${result.reason ?? "the load generator failed"}${words}`;
  recorder.note(detail);
  const full = /no space left|ENOSPC/i.test(detail);
  dependencies.stop.stop({ reason: full ? "disk-full" : "generator-failed", detail });
}

async function readFinalState(options: PlayLoadOptions): Promise<void> {
  const { request, dependencies, recorder, backend } = options;
  const proxy = nodesOf(request.topology).find((node) => node.kind === "proxy");
  if (proxy === undefined) return;
  const begunMs = dependencies.clock.monotonicMs();
  const { sessions, ofTwoDevices } = await observeFinalState({
    folder: recorder.folder,
    readAddress: backend.addresses.address(proxy.id, "http"),
    signal: dependencies.stop.signal,
  });
  const tookS = ((dependencies.clock.monotonicMs() - begunMs) / 1000).toFixed(1);
  const line = `final reads: ${sessions} sessions, ${ofTwoDevices} of them played from two devices, in ${tookS} s`;
  recorder.note(line);
  dependencies.view.line(line);
}
