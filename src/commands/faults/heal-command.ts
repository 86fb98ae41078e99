/** `hunt heal` with its flags. */
import { nameOption, type Registration } from "../registration.ts";
import type { HealFlags } from "./fault.ts";

export function registerHeal({ program, environment }: Registration): void {
  program
    .command("heal")
    .summary("heal every fault of a backend that stays, whoever injected it")
    .addOption(nameOption())
    .option("--overdue", "only those whose time is over: the hunt that injected them is dead")
    .action(async (flags: HealFlags) => {
      const { healCommand } = await import("./fault.ts");
      await healCommand(environment, undefined, flags);
    });
}
