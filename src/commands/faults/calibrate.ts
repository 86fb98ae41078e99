/** `hunt calibrate`: how well modelled loss agrees with the kernel's, measured on this machine. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CalibrationRow,
  calibrate,
  calibrationPrograms,
  calibrationTopology,
} from "../../calibration/calibrate.ts";
import { leastStalls, mostNoise, toleranceFactor } from "../../calibration/comparison.ts";
import { startEchoServer } from "../../calibration/echo-server.ts";
import { messageBytes, traffics } from "../../calibration/traffic.ts";
import { binaryPath } from "../../engines/programs/binaries.ts";
import { ensurePrograms } from "../../engines/programs/ensure-programs.ts";
import { programsOfBackend } from "../../engines/programs/programs.ts";
import type { Environment, InterruptSignal } from "../../environment.ts";
import { type ExitCode, exitCodes, signalExitCode } from "../../exit-codes.ts";
import { lose } from "../../faults/kinds/links/lose.ts";
import { durationFlag, flagError } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import { newRunId } from "../../recording/run-folder.ts";
import { createLocalRuntime } from "../../runtime/local/local-runtime.ts";
import type { Backend } from "../../runtime/runtime.ts";
import { backendsRoot } from "../backend/kept-backend.ts";
import { calibrationText, conclusionOf } from "./calibration-text.ts";

const defaultForS = 30;
const leastForS = 2;
const mostForS = 60;
/** One at a time: two would be each other's noise. Also the folder of its logs, which goes with the keeper. */
const name = "calibrate";

export interface CalibrateFlags {
  readonly for?: string;
  readonly json?: boolean;
}

/** @returns the exit code. @throws HuntError (2: usage; 3: not available here, or it does not start). */
export async function calibrateCommand(
  environment: Environment,
  flags: CalibrateFlags,
): Promise<ExitCode> {
  const forS = forFlag(flags.for);
  const may = lose.available("local");
  if (!may.available) {
    throw new HuntError({
      code: "calibrate.not-available",
      exitCode: exitCodes.environment,
      message: `hunt calibrate is not available here: ${may.why}`,
      hint: "Nothing was started, and nothing was compared. hunt faults shows what can be broken here.",
    });
  }
  await ensurePrograms(environment, programsOfBackend([]));
  const stop = new AbortController();
  let received: InterruptSignal | undefined;
  const remove = environment.onInterrupt((signal) => {
    if (received !== undefined) environment.exitNow(signalExitCode(signal));
    received = signal;
    stop.abort(new Error(`stopped by ${signal}`));
  });
  try {
    const rows = await measureAll(environment, forS * 1000, stop.signal);
    const conclusion = conclusionOf(rows);
    environment.stdout.write(
      flags.json === true ? jsonText(rows, forS) : `\n${calibrationText(rows)}`,
    );
    return conclusion === "unclear" ? exitCodes.inconclusive : exitCodes.pass;
  } catch (error) {
    if (received === undefined) throw error;
    environment.stderr.write("nothing was left running\n");
    return signalExitCode(received);
  } finally {
    remove();
  }
}

async function measureAll(
  environment: Environment,
  forMs: number,
  signal: AbortSignal,
): Promise<readonly CalibrationRow[]> {
  const say = (line: string) => environment.stderr.write(`${line}\n`);
  const rows: CalibrationRow[] = [];
  await using echo = await startEchoServer();
  await using backend = await startBackend(environment, echo.address, signal);
  say(`measuring for ${forMs / 1000} s`);
  for await (const row of calibrate(backend, { forMs, clock: environment.clock, signal })) {
    const { traffic, lossPercent, without, modelled, real } = row;
    const stalls = `${modelled.stalls} modelled stalls, ${real.stalls} real ones, ${without.stalls} without loss`;
    say(`${traffic}, loss ${lossPercent} %: ${stalls} in ${modelled.messages} messages each`);
    rows.push(row);
  }
  return rows;
}

function startBackend(
  environment: Environment,
  echo: string,
  signal: AbortSignal,
): Promise<Backend> {
  const { variables, clock, random } = environment;
  const root = backendsRoot(environment);
  const runtime = createLocalRuntime({
    keeperProgram: binaryPath("keeper", variables),
    tmpDir: tmpdir(),
    environment: variables,
  });
  return runtime.up(calibrationTopology, {
    runId: newRunId(name, new Date(clock.nowMs()), random() / 2 ** 32),
    logsDir: join(root, name, "logs"),
    programs: calibrationPrograms(echo),
    signal,
    onProgress: () => {},
    stay: { name, root, startedBy: "bench" },
  });
}

function jsonText(rows: readonly CalibrationRow[], forS: number): string {
  const document = {
    schemaVersion: 1,
    forS,
    messageBytes,
    toleranceFactor,
    leastStalls,
    mostNoise,
    traffics,
    rows,
    conclusion: conclusionOf(rows),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function forFlag(text: string | undefined): number {
  if (text === undefined) return defaultForS;
  const seconds = durationFlag(text, "--for");
  if (seconds >= leastForS && seconds <= mostForS) return seconds;
  throw flagError("--for", `a time from ${leastForS}s to ${mostForS}s`, text);
}
