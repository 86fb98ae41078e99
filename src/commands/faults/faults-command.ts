/** `hunt faults` with its flags. */
import type { Registration } from "../registration.ts";

export function registerFaults({ program, environment }: Registration): void {
  program
    .command("faults")
    .summary("list what can be broken here, and what can't and why")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: { json?: boolean }) => {
      const { faultsCommand } = await import("./faults.ts");
      faultsCommand(environment, flags);
    });
}
