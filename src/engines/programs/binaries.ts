/**
 * Where the programs that hunt starts are found. Set-up links what it built into `.cache/bin` of the
 * checkout; an installed package carries them in the same place.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { engineVariable, namedFile } from "./named-programs.ts";
import type { ProgramName } from "./programs.ts";

/** The same from `src/engines/programs` and from `dist/engines/programs`. */
const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Absolute path of a program that can be executed.
 * @throws HuntError `engine.binary-missing` (exit code 3)
 */
export function binaryPath(
  name: ProgramName,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const path = binaryFile(name, environment);
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new HuntError({
      code: "engine.binary-missing",
      exitCode: exitCodes.environment,
      message: `the program ${name} is missing or can't be executed: ${path}`,
      hint: missingHint(name, environment),
      cause: error,
    });
  }
  return path;
}

/** Where it is looked for, whether it is there or not. */
export function binaryFile(
  name: ProgramName,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return (
    namedFile(name, environment) ??
    join(environment["HUNT_BIN_DIR"] || join(packageRoot, ".cache", "bin"), name)
  );
}

function missingHint(
  name: ProgramName,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (namedFile(name, environment) !== undefined) {
    return `${engineVariable(name)} or hunt.config.yaml names this file; without it hunt fetches its own.`;
  }
  return environment["HUNT_BIN_DIR"]
    ? "HUNT_BIN_DIR names this folder; unset it to use the programs that hunt builds."
    : "hunt engines fetch gets what is missing.";
}
