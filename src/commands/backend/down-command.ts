/** `hunt down` with its flags and examples. */
import { examples, nameOption, type Registration } from "../registration.ts";

export function registerDown({ program, environment }: Registration): void {
  program
    .command("down")
    .summary("end a backend that stays and remove everything of it")
    .description("Stops all nodes in reverse order and removes data, socket and state.")
    .addHelpText("before", examples(["hunt down", "hunt down --name blue"]))
    .addOption(nameOption())
    .option("--json", "one JSON document on stdout")
    .action(async (flags: { name?: string; json?: boolean }) => {
      const { downCommand } = await import("./down.ts");
      await downCommand(environment, flags);
    });
}
