/**
 * `hunt.config.yaml` in the current folder gives defaults for `bench` and `up`, below flags and `HUNT_*`.
 * One file serves both: each takes the keys that are flags of its own.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Environment } from "../../environment.ts";
import { isBoolean } from "./variables.ts";

/** `engines` of the same file, for commands that start programs; a variable that is set wins. */
export function applyProjectEngines(commands: readonly Command[], environment: Environment): void {
  const path = join(environment.cwd, "hunt.config.yaml");
  if (!existsSync(path)) return;
  for (const each of commands) {
    each.hook("preAction", async () => {
      const { readProjectEngines } = await import("./project-config.ts");
      for (const [variable, file] of Object.entries(readProjectEngines(path))) {
        if (!environment.variables[variable]) environment.setVariable(variable, file);
      }
    });
  }
}

export function applyProjectConfig(commands: readonly Command[], environment: Environment): void {
  const path = join(environment.cwd, "hunt.config.yaml");
  if (!existsSync(path)) return;
  // Not --name: hunt status and hunt down would look for another backend.
  const keysOf = (command: Command) =>
    command.options
      .map((option) => ({
        name: option.attributeName(),
        boolean: isBoolean(option),
        negate: option.negate,
      }))
      .filter(({ name }) => name !== "name");
  const known = commands.flatMap(keysOf);
  for (const each of commands) {
    each.hook("preAction", async (command) => {
      const { readProjectConfig } = await import("./project-config.ts");
      const own = keysOf(command).map(({ name }) => name);
      for (const [name, value] of Object.entries(readProjectConfig(path, known))) {
        const source = command.getOptionValueSource(name);
        if (own.includes(name) && (source === undefined || source === "default")) {
          command.setOptionValueWithSource(name, value, "config");
        }
      }
    });
  }
}
