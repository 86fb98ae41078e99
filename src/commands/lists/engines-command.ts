/** `hunt engines` and `hunt engines fetch`, with their flags and examples. */
import type { Command } from "commander";
import { examples, type Registration } from "../registration.ts";

export function registerEngines({ program, environment }: Registration): void {
  const json = ["--json", "one JSON document on stdout"] as const;
  const engines = program
    .command("engines")
    .summary("list the programs that hunt starts, or get them beforehand")
    .description(
      "Lists the programs that hunt starts: which lane needs them, where they come from, whether they are there. A command gets what it needs by itself.",
    )
    .addHelpText(
      "before",
      examples(["hunt engines", "hunt engines fetch sessions", "hunt engines fetch valkey"]),
    )
    .option(...json)
    .action(async (flags: { json?: boolean }) => {
      const { enginesCommand } = await import("./engines.ts");
      enginesCommand(environment, flags);
    });
  engines
    .command("fetch")
    .summary("build or fetch what is missing, for lanes or by name")
    .description("Gets what `hunt bench` needs: for a CI cache, or before the network goes away.")
    .argument("[names...]", "lanes, for all that they need, and programs; without any: all lanes")
    .option("--all", "every program that hunt knows, also those that no lane needs")
    .option(...json)
    .action(async (names: readonly string[], _: object, command: Command) => {
      const { fetchEnginesCommand } = await import("./engines.ts");
      await fetchEnginesCommand(environment, names, command.optsWithGlobals());
    });
}
