/**
 * Gets the programs that a command is about to start, if they are not there: `scripts/set-up.mjs`, which set the
 * checkout up, builds or fetches them in a process of its own, all that are missing side by side. What it says goes
 * to stderr; why it can't comes back as one error.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { binaryPath } from "./binaries.ts";
import { requireNamedFit } from "./named-programs.ts";
import { hasSource, type ProgramPlaces, programStates } from "./program-state.ts";
import type { ProgramName } from "./programs.ts";

type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Of the outside world, what this needs. */
export interface ProgramHost extends ProgramPlaces {
  readonly nodeBinary: string;
  readonly stderr: { write(text: string): void };
  onInterrupt(listener: (signal: Signal) => void): () => void;
}

/** @throws HuntError: 3 when they can't be got or what is named is unfit, 1 when their source does not compile, 130 or 143 after a signal. */
export async function ensurePrograms(
  host: ProgramHost,
  names: readonly ProgramName[],
): Promise<void> {
  requireNamedFit(names, host.variables);
  const states = programStates(names, host);
  const wanted = names.filter((name) => states.get(name) !== "there");
  if (wanted.length > 0 && hasSource(host)) await getPrograms(host, wanted);
  for (const name of names) binaryPath(name, host.variables);
}

async function getPrograms(host: ProgramHost, names: readonly ProgramName[]): Promise<void> {
  const script = join(host.packageRoot, "scripts", "set-up.mjs");
  const quiet = "--disable-warning=ExperimentalWarning";
  const child = spawn(host.nodeBinary, [quiet, script, "programs", ...names], {
    env: { ...host.variables },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let failure: z.infer<typeof failureSchema> | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => host.stderr.write(text));
  child.on("message", (message) => {
    failure = failureSchema.parse(message);
  });
  let interruptedBy: Signal | undefined;
  // A Ctrl-C has reached it from the terminal; another signal would reach hunt alone.
  const remove = host.onInterrupt((signal) => {
    interruptedBy ??= signal;
    child.kill(signal);
  });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve(code === 0 ? undefined : `exit code ${code ?? signal}`);
    });
    const ending = await promise;
    if (interruptedBy !== undefined) throw interrupted(interruptedBy);
    if (failure !== undefined) throw failed(failure);
    if (ending !== undefined) throw ended(names, ending);
  } finally {
    remove();
  }
}

/** As `scripts/set-up.mjs` sends it. */
const failureSchema = z.object({
  message: z.string(),
  hint: z.string().optional(),
  exitCode: z.union([z.literal(exitCodes.bug), z.literal(exitCodes.environment)]),
});

function failed({ message, hint, exitCode }: z.infer<typeof failureSchema>): HuntError {
  const facts = { code: "engine.not-built", message, exitCode };
  return new HuntError(hint === undefined ? facts : { ...facts, hint });
}

function ended(names: readonly ProgramName[], ending: string): HuntError {
  return new HuntError({
    code: "engine.not-built",
    message: `getting ${names.join(", ")} ended with ${ending}, without a reason`,
    exitCode: exitCodes.environment,
    hint: "hunt engines fetch does the same alone; the logs are in .cache/set-up/logs.",
  });
}

function interrupted(signal: Signal): HuntError {
  return new HuntError({
    code: "engine.interrupted",
    message: "set-up interrupted; nothing half-built is left, run again to go on",
    exitCode: signalExitCode(signal),
  });
}
