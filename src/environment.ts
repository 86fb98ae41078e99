/**
 * The outside world as one object, so that every command can be driven from a test: arguments,
 * streams, environment variables, signals, clock and random. `process` is used in this file and in
 * `main.ts` only.
 */
import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type LostOutput,
  type OutputStream,
  type StreamName,
  SystemOutput,
} from "./output-stream.ts";

export interface Clock {
  /** The wall clock: milliseconds since the Unix epoch. It may step, so nothing is measured by it. */
  nowMs(): number;
  /**
   * Milliseconds on a clock that nobody can set, for durations and for the axis of a run. On Linux it is
   * CLOCK_MONOTONIC, which all processes of the machine share; it stands still while the machine sleeps.
   */
  monotonicMs(): number;
}

export type InterruptSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** To the hunt that started this one beside itself (`hunt bench` its dashboard). */
export interface ParentChannel {
  readonly pid: number;
  send(message: object): void;
  /** Calls back until the channel is closed. */
  onMessage(listener: (message: unknown) => void): void;
  /** The other side closed it, or died. */
  onGone(listener: () => void): void;
  /** A channel that is listened to keeps the process alive. */
  close(): void;
}

export interface Environment {
  /** Without `node` and the script. */
  readonly args: readonly string[];
  /** Those that are set. An empty one counts as unset. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** For this hunt and for what it starts, where a file says what a variable does not. */
  setVariable(name: string, value: string): void;
  /** As hunt was given them, for a command that is the operator's own. */
  readonly givenVariables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The streams themselves, for a full-screen view; everything else writes to the two above. */
  readonly terminal: { readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream };
  readonly clock: Clock;
  /** An unsigned 32-bit number; only where no seed may decide. */
  readonly random: () => number;
  /** The folder that holds `dist/`, `bin/` and `package.json`. */
  readonly packageRoot: string;
  /** The Node binary that runs hunt; it runs the services too. */
  readonly nodeBinary: string;
  readonly pid: number;
  /** Undefined for a hunt that an operator started. */
  readonly parent?: ParentChannel | undefined;
  /** Ends the process at once, without clean-up of its own: the keeper ends what was started. */
  readonly exitNow: (code: number) => never;
  /** Calls the listener on every SIGINT, SIGTERM and SIGHUP until the returned function is called. */
  onInterrupt(listener: (signal: InterruptSignal) => void): () => void;
  /** Calls the listener when stdout or stderr can't be written any more; without `lost` its reader has gone. */
  onOutputClosed(listener: (stream: StreamName, lost?: LostOutput) => void): () => void;
  /** What could not be written so far, though its reader was there. */
  lostOutput(): readonly LostOutput[];
}

export function systemEnvironment(): Environment {
  const stdout = new SystemOutput("stdout", process.stdout);
  const stderr = new SystemOutput("stderr", process.stderr);
  const variables = withoutEmpty(process.env);
  return {
    args: process.argv.slice(2),
    variables,
    setVariable(name, value) {
      process.env[name] = value;
      variables[name] = value;
    },
    givenVariables: process.env,
    cwd: process.cwd(),
    stdout,
    stderr,
    // Node opens stdin when it is first looked at, which commands that read nothing need not pay for.
    get terminal() {
      return { stdin: process.stdin, stdout: process.stdout };
    },
    clock: { nowMs: () => Date.now(), monotonicMs: () => Number(process.hrtime.bigint()) / 1e6 },
    random: () => randomBytes(4).readUInt32LE(),
    packageRoot: resolve(dirname(fileURLToPath(import.meta.url)), ".."),
    nodeBinary: process.execPath,
    pid: process.pid,
    parent: parentChannel(),
    exitNow: (code) => process.exit(code),
    onInterrupt(listener) {
      const signals: InterruptSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
      const handlers = signals.map((signal) => [signal, () => listener(signal)] as const);
      for (const [signal, handler] of handlers) process.on(signal, handler);
      return () => {
        for (const [signal, handler] of handlers) process.off(signal, handler);
      };
    },
    onOutputClosed(listener) {
      const removers = [
        stdout.onEnd((lost) => listener("stdout", lost)),
        stderr.onEnd((lost) => listener("stderr", lost)),
      ];
      return () => {
        for (const remove of removers) remove();
      };
    },
    lostOutput: () => [stdout.lost, stderr.lost].filter((lost) => lost !== undefined),
  };
}

function parentChannel(): ParentChannel | undefined {
  if (process.send === undefined) return undefined;
  return {
    pid: process.ppid,
    // A parent that has gone is told by `onGone`.
    send: (message) => process.send?.(message, undefined, undefined, () => {}),
    onMessage: (listener) => process.on("message", listener),
    onGone: (listener) => {
      process.on("disconnect", listener);
      if (!process.connected) listener();
    },
    close: () => {
      if (process.connected) process.disconnect();
    },
  };
}

/** A CI hands unset inputs over as empty strings. */
export function withoutEmpty(variables: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}
