/**
 * `hunt up`: starts a backend and leaves it. Until everything serves it dies with hunt, however hunt
 * dies; only then is its keeper told to stay.
 */
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { binaryPath } from "../../engines/programs/binaries.ts";
import { ensurePrograms } from "../../engines/programs/ensure-programs.ts";
import { programsOfBackend } from "../../engines/programs/programs.ts";
import type { Environment, InterruptSignal } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { flagError, numberFlag } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import { lanes } from "../../lanes/lanes.ts";
import { topologyOf } from "../../lanes/topology-of.ts";
import { newRunId } from "../../recording/run-folder.ts";
import { memoryDiskWarning } from "../../runner/machine/data-disk.ts";
import { checkSpace } from "../../runner/space/check-space.ts";
import { checkNameFree } from "../../runtime/local/kept/kept-backends.ts";
import { createLocalRuntime } from "../../runtime/local/local-runtime.ts";
import type { Backend, RuntimeOptions } from "../../runtime/runtime.ts";
import type { Topology } from "../../topology/topology.ts";
import {
  checkRuntimeFlag,
  type LanesFlags,
  lanesFlag,
  lanesInSeries,
} from "../flags/lane-flags.ts";
import {
  backendName,
  backendPrograms,
  backendsRoot,
  lanesOfTopology,
  type NameFlags,
  openBackend,
} from "./kept-backend.ts";
import { printStatus } from "./status.ts";

export interface UpFlags extends NameFlags, LanesFlags {
  readonly runtime?: string;
  readonly portBase?: string;
  readonly logs?: string;
  readonly json?: boolean;
}

/** @returns the exit code. @throws HuntError (2: usage or the name is taken; 3: it does not start). */
export async function upCommand(environment: Environment, flags: UpFlags): Promise<number> {
  const name = backendName(flags);
  const topology = topologyFrom(flags);
  const root = backendsRoot(environment);
  await checkNameFree(root, name);
  await ensurePrograms(environment, programsOfBackend(lanesOfTopology(topology)));
  const interrupt = interruption(environment);
  try {
    const startedMs = environment.clock.monotonicMs();
    const warning = await memoryDiskWarning(tmpdir());
    if (warning !== undefined) environment.stderr.write(`${warning}\n`);
    const parts = lanesOfTopology(topology).flatMap((lane) => [...lane.space(topology).temp]);
    await checkSpace([{ folder: tmpdir(), movedBy: "TMPDIR", parts }]);
    const backend = await startBackend(environment, topology, {
      runId: newRunId(
        `up-${name}`,
        new Date(environment.clock.nowMs()),
        environment.random() / 2 ** 32,
      ),
      logsDir:
        flags.logs === undefined ? join(root, name, "logs") : resolve(environment.cwd, flags.logs),
      signal: interrupt.signal,
      onProgress: (line) => environment.stderr.write(`${line}\n`),
      stay: { name, root, startedBy: "up" },
      ...portBaseOf(flags),
    });
    await stayOrStop(backend, interrupt.signal);
    if (interrupt.signal.aborted) {
      await (await openBackend(environment, flags)).stop();
      throw interrupt.signal.reason;
    }
    const tookS = (environment.clock.monotonicMs() - startedMs) / 1000;
    environment.stderr.write(
      `backend ready after ${tookS.toFixed(1)} s; it stays until hunt down\n`,
    );
  } catch (error) {
    const signal = interrupt.received();
    if (signal === undefined) throw withoutLogs(error, flags);
    environment.stderr.write("nothing was left running\n");
    return signalExitCode(signal);
  } finally {
    interrupt.remove();
  }
  const attached = await openBackend(environment, flags);
  try {
    await printStatus(environment, attached, flags);
  } finally {
    attached.detach();
  }
  return exitCodes.pass;
}

/** What a node said is in the message; the file that a hint would name is gone with the rest. */
function withoutLogs(error: unknown, { logs }: UpFlags): unknown {
  if (!(error instanceof HuntError) || logs !== undefined) return error;
  if (error.code !== "engine.start-failed") return error;
  const { code, message, exitCode } = error;
  const hint = "Nothing was left running. hunt up --logs FOLDER keeps the whole logs.";
  return new HuntError({ code, message, exitCode, hint, cause: error });
}

function topologyFrom(flags: UpFlags): Topology {
  checkRuntimeFlag(flags.runtime ?? "local");
  const playing = lanesFlag(flags.lanes, lanes.slice(0, 1), lanes);
  const played = lanesInSeries(playing, flags).map(({ lane, designs, settings }) => {
    const [design, ...others] = designs;
    if (design === undefined || others.length > 0) {
      throw flagError("--design", "one design: a backend has one", flags.design ?? "");
    }
    return { lane, options: { ...settings, design: design.name } };
  });
  return topologyOf(played);
}

function portBaseOf(flags: UpFlags): { readonly portBase?: number } {
  if (flags.portBase === undefined) return {};
  const range = { flag: "--port-base", min: 1_024, max: 65_000, integer: true };
  return { portBase: numberFlag(flags.portBase, range) };
}

function startBackend(
  environment: Environment,
  topology: Topology,
  options: Omit<RuntimeOptions, "programs">,
): Promise<Backend> {
  const { variables } = environment;
  const runtime = createLocalRuntime({
    keeperProgram: binaryPath("keeper", variables),
    tmpDir: tmpdir(),
    environment: variables,
  });
  const programs = backendPrograms(environment, topology);
  return runtime.up(topology, { ...options, programs });
}

async function stayOrStop(backend: Backend, signal: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    await backend.stay();
  } catch (error) {
    await backend.stop();
    throw error;
  }
}

interface Interruption {
  readonly signal: AbortSignal;
  received(): InterruptSignal | undefined;
  remove(): void;
}

/** The first signal stops what was started, the second one ends hunt at once, and the keeper the rest. */
function interruption(environment: Environment): Interruption {
  const controller = new AbortController();
  let received: InterruptSignal | undefined;
  const remove = environment.onInterrupt((signal) => {
    if (received !== undefined) environment.exitNow(signalExitCode(signal));
    received = signal;
    environment.stderr.write(`${signal}: stopping what was started; once more to stop at once\n`);
    controller.abort(new Error(`hunt was stopped by ${signal}`));
  });
  return { signal: controller.signal, received: () => received, remove };
}
