/**
 * How a command declares itself to commander: its flags and examples stand in `x-command.ts` beside the handler
 * `x.ts`, which is imported when the command is called. `program.ts` lists the declarations.
 */
import type { Command, Option } from "commander";
import type { Environment } from "../environment.ts";
import { VariableOption } from "./flags/variables.ts";

export interface Registration {
  readonly program: Command;
  readonly environment: Environment;
  /** What hunt ends with; 0 where a command does not set it. */
  readonly setExitCode: (code: number) => void;
}

/** A flag with a value that `HUNT_<variable>` and `hunt.config.yaml` can give too. */
export function flag(flags: string, description: string, variable: string): Option {
  return new VariableOption(flags, description, variable);
}

/** For `addHelpText("before", ...)`. */
export function examples(lines: readonly string[]): string {
  return `Examples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

/** `--name`, wherever one backend of several is meant. */
export function nameOption(): Option {
  return flag("--name <name>", 'name of the backend (default "default")', "NAME");
}

/** Parser of a flag that may be repeated: all values, in the order given. */
export function eachGiven(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
