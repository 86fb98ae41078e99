/**
 * The `local` runtime: every node is a process on this machine, a child of one keeper.
 *
 * Start-up is data folder, ports, then stage by stage: start all nodes of the stage, wait until each
 * serves. The first failure ends the waiting for the others and everything that was started.
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
  try {
    await backend.makeDataRoot();
    await allotAllPorts(backend, options.portBase);
    for (const stage of topology.stages) await startStage(backend, stage, options);
    options.signal.throwIfAborted();
    return backend;
  } catch (error) {
    // What went wrong first is what the operator has to know.
    await backend.stop().catch(() => {});
    throw error;
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

async function startStage(
  backend: LocalBackend,
  stage: readonly TopologyNode[],
  options: RuntimeOptions,
): Promise<void> {
  const names = stage.map((node) => node.id).join(", ");
  options.signal.throwIfAborted();
  options.onProgress(`starting ${names}`);
  const startedMs = performance.now();
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const waits: Promise<void>[] = [];
  backend.beginGroup();
  try {
    for (const node of stage) {
      signal.throwIfAborted();
      const program = programOf(node, options);
      const entry = await backend.start(
        node,
        (context) => program.command(context),
        program.stopTimeoutMs,
      );
      const wait = waitForNode(backend, entry, options, signal);
      waits.push(wait);
      wait.catch((error: unknown) => failure.abort(error));
      await pauseBeforeNext(backend, entry, program, signal);
    }
    await Promise.all(waits);
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(waits);
    throw error;
  }
  options.onProgress(`${names} ready after ${seconds(startedMs)} s`);
}

/** At most a moment, and not at all once the node has ended; then its `waitForNode` says so. */
async function pauseBeforeNext(
  backend: LocalBackend,
  entry: LocalNode,
  program: NodeProgram,
  signal: AbortSignal,
): Promise<void> {
  if (program.waitBeforeNext === undefined) return;
  const abandon = new AbortController();
  const bound = AbortSignal.any([signal, abandon.signal, AbortSignal.timeout(pauseBoundMs)]);
  const pause = program.waitBeforeNext(backend.contextOf(entry.node), bound).catch(() => {});
  await Promise.race([pause, entry.exit]);
  abandon.abort();
}

/** Resolves when the node serves; rejects when it ends first, takes too long, or the signal aborts. */
async function waitForNode(
  backend: LocalBackend,
  entry: LocalNode,
  options: RuntimeOptions,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = performance.now();
  const program = programOf(entry.node, options);
  const abandon = new AbortController();
  const readiness = waitUntilReady(
    program,
    backend.contextOf(entry.node),
    AbortSignal.any([signal, abandon.signal]),
  );
  const first = await Promise.race([readiness, entry.exit]);
  // When the node ended first, the poll that is cut short here rejects and says nothing new.
  readiness.catch(() => {});
  abandon.abort();
  if ("ready" in first && first.ready) {
    entry.markReady();
    return;
  }
  const what = "nodeId" in first ? describeEnd(first) : `does not serve: ${first.why}`;
  const lines = await backend.lastLines(entry.node.id, lastLineCount);
  throw new HuntError({
    code: "engine.start-failed",
    exitCode: exitCodes.environment,
    message: [
      `${entry.node.id} ${what}, ${seconds(startedMs)} s after its start (bound ${program.readyTimeoutMs / 1000} s)`,
      ...(lines.length === 0 ? ["It printed nothing."] : ["Its last lines:", ...lines]),
    ].join("\n  "),
    hint: `The whole log is in ${entry.logPath}`,
  });
}

function programOf(node: TopologyNode, options: RuntimeOptions): NodeProgram {
  const program = options.programs[node.kind];
  if (program === undefined) throw new Error(`no program is known for nodes of kind ${node.kind}`);
  return program;
}

function describeEnd(exit: NodeExit): string {
  return exit.signal === undefined
    ? `ended with exit code ${exit.code}`
    : `was ended by ${exit.signal}`;
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
