/**
 * Programs that the operator has installed and names instead of those that hunt fetches: by `HUNT_ENGINE_VALKEY`, or
 * in `hunt.config.yaml`, which sets that variable. Each is asked for its version before anything is started.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { reasonOf } from "../../reason-of.ts";
import { installedProgram, type ProgramName, programNames } from "./programs.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What `hunt engines` says of it. */
export interface NamedProgram {
  readonly path: string;
  /** Major and minor; undefined when it is another program, or does not run. */
  readonly version: string | undefined;
  /** Why it can't be used. */
  readonly problem: string | undefined;
}

const answerTimeoutMs = 5_000;

export const nameablePrograms = programNames.filter((name) => installedProgram(name) !== undefined);

export function engineVariable(name: ProgramName): string {
  return `HUNT_ENGINE_${name.toUpperCase()}`;
}

/** Where the named program is looked for; undefined where none is named. A word without `/` is looked up on `PATH`. */
export function namedFile(name: ProgramName, variables: Variables): string | undefined {
  const value = nameablePrograms.includes(name) ? variables[engineVariable(name)] : undefined;
  if (!value) return undefined;
  if (value.includes("/")) return resolve(value);
  const folders = (variables["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, value)).find(isExecutable) ?? value;
}

/** What a process needs in its environment to find the same programs. */
export function namedVariables(variables: Variables): Record<string, string> {
  const entries = nameablePrograms.flatMap((name) => {
    const path = namedFile(name, variables);
    return path === undefined ? [] : [[engineVariable(name), path] as const];
  });
  return Object.fromEntries(entries);
}

/** Runs it with `--version`; undefined where none is named. */
export function lookAtNamed(name: ProgramName, variables: Variables): NamedProgram | undefined {
  const path = namedFile(name, variables);
  const expected = installedProgram(name);
  if (path === undefined || expected === undefined) return undefined;
  const answer = versionAnswer(path);
  const found = answer.ran ? expected.version.exec(answer.text) : null;
  if (found === null) {
    const [what, got] = [expected.commands.join(" or "), answer.text.trim().slice(0, 200)];
    const problem = answer.ran
      ? `expected --version of ${what}, got "${got}"`
      : `expected a program, ${what}, got ${got}`;
    return { path, version: undefined, problem };
  }
  const [major, minor] = [Number(found[1]), Number(found[2] ?? 0)];
  const { least } = expected;
  const old = major < least.major || (major === least.major && minor < least.minor);
  const version = `${major}.${minor}`;
  const problem = `expected version ${least.major}.${least.minor} or newer, got ${version}`;
  return { path, version, problem: old ? problem : undefined };
}

/** @throws HuntError `engine.unfit` (exit code 3) when a named program can't be used. */
export function requireNamedFit(names: readonly ProgramName[], variables: Variables): void {
  for (const name of names) {
    const named = lookAtNamed(name, variables);
    if (named?.problem === undefined) continue;
    throw new HuntError({
      code: "engine.unfit",
      exitCode: exitCodes.environment,
      message: `${named.path} can't be used as ${name}: ${named.problem}`,
      hint: `Name another one in ${engineVariable(name)}, or under engines in hunt.config.yaml; without either hunt fetches its own.`,
    });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What it prints, or why it can't be run. */
function versionAnswer(path: string): { readonly ran: boolean; readonly text: string } {
  if (!isExecutable(path)) return { ran: false, text: "no file that can be executed" };
  try {
    const options = { encoding: "utf8", stdio: "pipe", timeout: answerTimeoutMs } as const;
    return { ran: true, text: execFileSync(path, ["--version"], options) };
  } catch (error) {
    return { ran: false, text: reasonOf(error) };
  }
}
