/** Runs one program of a suite to its end, with its output shown as it comes or kept in a log. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface CommandOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and error go here; undefined shows them. */
  readonly logPath: string | undefined;
  /** Standard output goes here instead, for a reader. */
  readonly outputPath?: string;
  readonly timeoutMs: number;
}

const running = new Set<number>();
let interrupted = false;
const killAfterMs = 10_000;

/** @returns the exit code; 1 when a signal or the bound ended it, 127 when there is no such program */
export function runCommand(options: CommandOptions): Promise<number> {
  if (interrupted) return Promise.resolve(1);
  const log = options.logPath === undefined ? undefined : openSync(options.logPath, "a");
  const output = options.outputPath === undefined ? undefined : openSync(options.outputPath, "w");
  const child = spawn(options.program, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", output ?? log ?? "inherit", log ?? "inherit"],
    detached: true,
  });
  for (const file of [log, output]) if (file !== undefined) closeSync(file);
  const pid = child.pid;
  if (pid !== undefined) running.add(pid);
  const timer = setTimeout(() => endGroup(pid), options.timeoutMs);
  return new Promise((resolve) => {
    const end = (code: number) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      resolve(code);
    };
    child.once("error", () => end(127));
    child.once("close", (code) => end(code ?? 1));
  });
}

/** Ends everything that was started, and starts nothing more: for an interrupted bin/test. */
export function endAllCommands(): void {
  interrupted = true;
  for (const pid of running) endGroup(pid);
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signalGroup(pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), killAfterMs);
  timer.unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** The environment in which tools of node_modules, and the plugins they start, are found by name. */
export function toolEnvironment(root: string): Readonly<Record<string, string>> {
  const path = [join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter);
  return { PATH: path };
}
