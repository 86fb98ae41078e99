/**
 * Runs npm, tsc and go as children of the set-up. Each child leads a process group of its own, so that
 * an interrupted set-up ends the compilers that go started too; output goes to a log file and is
 * shown only when the child fails.
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { explainFailure, SetUpFailure } from "./failure.mjs";

const killAfterMs = 3000;

/**
 * @param {{ what: string, program: string, args: string[], cwd: string, env?: NodeJS.ProcessEnv, logPath: string,
 *   timeoutMs: number, signal: AbortSignal, otherwise: { hint: string, exitCode: number } }} options
 *   `what` completes "could not ..."; `otherwise` is said when the output names no known cause
 */
export async function runChild(options) {
  const { what, program, args, cwd, env, logPath, timeoutMs, signal, otherwise } = options;
  signal.throwIfAborted();
  const startedAt = performance.now();
  const log = openSync(logPath, "w");
  const child = spawn(program, args, {
    cwd,
    env: env ?? process.env,
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup(child);
  }, timeoutMs);
  const onAbort = () => endGroup(child);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const ending = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, killedBy) => {
        resolve(code === 0 ? "done" : killedBy ? `ended by ${killedBy}` : `exit code ${code}`);
      });
    });
    signal.throwIfAborted();
    if (ending === "done") return;
    throw explainFailure(what, {
      output: readFileSync(logPath, "utf8"),
      ending: timedOut ? `not done within ${timeoutMs / 60_000} minutes` : ending,
      afterMs: performance.now() - startedAt,
      logPath,
      otherwise,
    });
  } catch (error) {
    if (error?.code === "ENOENT" && error.syscall?.startsWith("spawn"))
      throw missing(program, what);
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** Standard output of a short command, or undefined when there is no such program. */
export async function readChild(program, args, { cwd, env, signal }) {
  try {
    const options = { cwd, env, signal, timeout: 180_000 };
    return { ok: true, output: (await promisify(execFile)(program, args, options)).stdout };
  } catch (error) {
    signal.throwIfAborted();
    if (error?.code === "ENOENT") return undefined;
    return { ok: false, output: `${error?.stdout ?? ""}${error?.stderr ?? error}` };
  }
}

function endGroup(child) {
  if (child.pid === undefined) return;
  signalGroup(child.pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), killAfterMs);
  child.once("close", () => clearTimeout(timer));
}

function signalGroup(pid, name) {
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended already.
  }
}

function missing(program, what) {
  return new SetUpFailure(`could not ${what}: there is no ${program} on PATH`, {
    hint: `Install ${program} (npm comes with Node: https://nodejs.org/en/download), then run the same command again.`,
  });
}
