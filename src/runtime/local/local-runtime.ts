/**
 * The `local` runtime: every node is a process on this machine, a child of one keeper.
 *
 * Start-up is data folder, ports, then stage by stage: start all nodes of the stage, wait until each
 * serves. The first failure, or the end of any node, ends the waiting and everything that was started.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { reasonOf } from "../../reason-of.ts";
import { membersOf, nodesOf, type Topology, type TopologyNode } from "../../topology/topology.ts";
import type { Backend, NodeProgram, Runtime, RuntimeOptions } from "../runtime.ts";
import { KeeperProcess } from "./keeper/keeper-process.ts";
import { reservePlace } from "./kept/kept-backends.ts";
import { LocalBackend } from "./local-backend.ts";
import { nodeEnvironment } from "./nodes/node-environment.ts";
import { nodeEnded, seconds, waitForNode } from "./nodes/start-failure.ts";

const pauseBoundMs = 2_000;

export interface LocalRuntimeOptions {
  /** Path of the keeper. */
  readonly keeperProgram: string;
  /** Data folders are made under it; the figures of a run mean little when it is not on a real disk. */
  readonly tmpDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function createLocalRuntime(settings: LocalRuntimeOptions): Runtime {
  return { name: "local", up: (topology, options) => up(settings, topology, options) };
}

async function up(
  settings: LocalRuntimeOptions,
  topology: Topology,
  options: RuntimeOptions,
): Promise<Backend> {
  options.signal.throwIfAborted();
  const dataRoot = join(settings.tmpDir, `hunt-${options.runId}`);
  const place = await reservePlace(topology, { ...options, dataRoot });
  await makeLogsDir(options.logsDir);
  const baseEnv = nodeEnvironment(settings.environment);
  const backend = new LocalBackend({
    topology,
    keeper: new KeeperProcess({
      program: settings.keeperProgram,
      env: baseEnv,
      logPath: join(options.logsDir, "keeper.log"),
    }),
    programs: options.programs,
    dataRoot,
    logsDir: options.logsDir,
    baseEnv,
    portBase: options.portBase,
    place,
  });
  const failure = new AbortController();
  const startUp = { ...options, signal: AbortSignal.any([options.signal, failure.signal]) };
  let starting = true;
  backend.onExit((exit) => {
    if (!starting) return;
    void nodeEnded(backend.find(exit.nodeId), exit).then((error) => failure.abort(error));
  });
  try {
    await backend.makeFolders();
    await allotAllPorts(backend, options.portBase);
    for (const stage of topology.stages) await startStage(backend, stage, startUp);
    startUp.signal.throwIfAborted();
    return backend;
  } catch (error) {
    failure.abort(error);
    starting = false;
    // What went wrong first is what the operator has to know.
    await backend.stop().catch(() => {});
    throw error;
  } finally {
    starting = false;
  }
}

async function allotAllPorts(backend: LocalBackend, portBase: number | undefined): Promise<void> {
  try {
    await backend.allotPorts(nodesOf(backend.topology));
  } catch (error) {
    if (!(error instanceof HuntError) || portBase === undefined) throw error;
    throw new HuntError({
      code: error.code,
      exitCode: error.exitCode,
      message: `the backend's ports start at ${portBase}, but ${error.message}`,
      hint: "Choose another first port, or none: hunt then picks free ones.",
      cause: error,
    });
  }
}

/** Rejects with the reason of `options.signal`, which also aborts when any node ends. */
async function startStage(
  backend: LocalBackend,
  stage: readonly TopologyNode[],
  options: RuntimeOptions,
): Promise<void> {
  const { signal } = options;
  const names = stage.map((node) => node.id).join(", ");
  options.onProgress(`starting ${names}`);
  const startedMs = performance.now();
  const waits: Promise<void>[] = [];
  await Promise.all(stage.map((node) => backend.prepare(node, signal)));
  backend.beginGroup();
  for (const node of stage) {
    signal.throwIfAborted();
    const program = programOf(node, options);
    const context = backend.contextOf(node);
    const entry = await backend.start(node, () => program.command(context), program.stopTimeoutMs);
    const wait = waitForNode(entry, program, context, signal);
    // Its failure is seen below, once the rest of the stage is started.
    wait.catch(() => {});
    waits.push(wait);
    const pause = AbortSignal.any([signal, AbortSignal.timeout(pauseBoundMs)]);
    await program.waitBeforeNext?.(context, pause).catch(() => {});
  }
  await Promise.all(waits);
  for (const cluster of clustersCompletedBy(stage, backend.topology)) {
    await backend.bootstrap(cluster, signal);
  }
  options.onProgress(`${names} ready after ${seconds(startedMs)} s`);
}

/** Their members, of each cluster whose last node is of this stage. */
function clustersCompletedBy(stage: readonly TopologyNode[], topology: Topology): TopologyNode[][] {
  const later = topology.stages.slice(topology.stages.indexOf(stage) + 1).flat();
  return topology.clusters
    .map((cluster) => membersOf(topology, cluster))
    .filter((members) => members.some((member) => stage.includes(member)))
    .filter((members) => !members.some((member) => later.includes(member)));
}

function programOf(node: TopologyNode, options: RuntimeOptions): NodeProgram {
  const program = options.programs[node.kind];
  if (program === undefined) throw new Error(`no program is known for nodes of kind ${node.kind}`);
  return program;
}

async function makeLogsDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new HuntError({
      code: "runtime.logs-not-writable",
      exitCode: exitCodes.environment,
      message: `the folder for logs could not be made: ${reasonOf(error)}`,
      cause: error,
    });
  }
}
