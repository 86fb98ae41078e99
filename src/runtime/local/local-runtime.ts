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
import { nodesOf, type Topology, type TopologyNode } from "../../topology/topology.ts";
import type { Backend, NodeExit, NodeProgram, Runtime, RuntimeOptions } from "../runtime.ts";
import { LocalBackend } from "./local-backend.ts";
import type { LocalNode } from "./local-node.ts";
import { waitUntilReady } from "./readiness.ts";

const lastLineCount = 8;
const lastLineMax = 300;
const pauseBoundMs = 2_000;
/** What a node gets of hunt's environment: the rest (`ETCD_*`, `K6_*`, ...) would change what is tested. */
const inheritedVariables = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"];

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
  await makeLogsDir(options.logsDir);
  const backend = new LocalBackend({
    topology,
    keeperProgram: settings.keeperProgram,
    dataRoot: join(settings.tmpDir, `hunt-${options.runId}`),
    logsDir: options.logsDir,
    baseEnv: inherit(settings.environment),
    portBase: options.portBase,
  });
  const failure = new AbortController();
  const startUp = { ...options, signal: AbortSignal.any([options.signal, failure.signal]) };
  let starting = true;
  backend.onExit((exit) => {
    if (!starting) return;
    void nodeEnded(backend, exit).then((error) => failure.abort(error));
  });
  try {
    await backend.makeDataRoot();
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
  backend.beginGroup();
  for (const node of stage) {
    signal.throwIfAborted();
    const program = programOf(node, options);
    const context = backend.contextOf(node);
    const entry = await backend.start(node, () => program.command(context), program.stopTimeoutMs);
    const wait = waitForNode(backend, entry, program, signal);
    // Its failure is seen below, once the rest of the stage is started.
    wait.catch(() => {});
    waits.push(wait);
    const pause = AbortSignal.any([signal, AbortSignal.timeout(pauseBoundMs)]);
    await program.waitBeforeNext?.(context, pause).catch(() => {});
  }
  await Promise.all(waits);
  options.onProgress(`${names} ready after ${seconds(startedMs)} s`);
}

async function waitForNode(
  backend: LocalBackend,
  entry: LocalNode,
  program: NodeProgram,
  signal: AbortSignal,
): Promise<void> {
  const readiness = await waitUntilReady(program, backend.contextOf(entry.node), signal);
  if (!readiness.ready)
    throw await startFailure(backend, entry, `does not serve: ${readiness.why}`);
  entry.markReady();
}

function nodeEnded(backend: LocalBackend, exit: NodeExit): Promise<HuntError> {
  const how =
    exit.signal === undefined ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
  return startFailure(backend, backend.find(exit.nodeId), how);
}

async function startFailure(
  backend: LocalBackend,
  entry: LocalNode,
  what: string,
): Promise<HuntError> {
  const lines = await backend.lastLines(entry.node.id, lastLineCount);
  return new HuntError({
    code: "engine.start-failed",
    exitCode: exitCodes.environment,
    message: [
      `${entry.node.id} ${what}, ${seconds(entry.createdMs)} s after its start`,
      ...(lines.length === 0 ? ["It printed nothing."] : ["Its last lines:", ...lines.map(clip)]),
    ].join("\n  "),
    hint: `The whole log is in ${entry.logPath}`,
  });
}

/** An engine's line can end with a stack trace of some thousand characters; the log has it whole. */
function clip(line: string): string {
  return line.length <= lastLineMax ? line : `${line.slice(0, lastLineMax)}...`;
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
      message: `the folder for logs could not be made: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    });
  }
}

function inherit(environment: LocalRuntimeOptions["environment"]): Record<string, string> {
  const entries = inheritedVariables.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}
