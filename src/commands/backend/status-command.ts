/** `hunt status` with its flags and examples. */
import { examples, nameOption, type Registration } from "../registration.ts";
import type { StatusFlags } from "./status.ts";

export function registerStatus({ program, environment }: Registration): void {
  program
    .command("status")
    .summary("show a backend that stays: role, address, pid and health of each node")
    .description("Shows each node of a backend that stays as it answers just now.")
    .addHelpText(
      "before",
      examples([
        "hunt status",
        "hunt status --all",
        "hunt status --json | jq -r '.nodes[] | select(.role == \"leader\").id'",
      ]),
    )
    .addOption(nameOption())
    .option("--all", "list the backends that there are")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: StatusFlags) => {
      const { statusCommand } = await import("./status.ts");
      await statusCommand(environment, flags);
    });
}
