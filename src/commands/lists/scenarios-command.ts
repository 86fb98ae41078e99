/** `hunt scenarios` with its flags. */
import type { Registration } from "../registration.ts";

export function registerScenarios({ program, environment }: Registration): void {
  program
    .command("scenarios")
    .summary("list the built-in scenarios")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: { json?: boolean }) => {
      const { scenariosCommand } = await import("./scenarios.ts");
      scenariosCommand(environment, flags);
    });
}
