/** `hunt fault inject`, `list` and `heal`, with their flags and examples. */
import { examples, nameOption, type Registration } from "../registration.ts";
import type { FaultFlags } from "./fault.ts";

export function registerFault({ program, environment, setExitCode }: Registration): void {
  const fault = program
    .command("fault")
    .summary("inject, list and heal faults by hand on a backend that stays")
    .addHelpText(
      "before",
      examples([
        "hunt fault inject kill etcd/leader for 10s",
        "hunt fault inject pause gateway/1",
        "hunt fault inject stop zone:b --dry-run",
        "hunt fault list",
        "hunt fault heal pause",
      ]),
    );
  fault
    .command("inject")
    .summary("KIND TARGET [for TIME] [as NAME]; with `for` it waits and heals")
    .argument(
      "<words...>",
      "kind, target (gateway/1, etcd/leader, etcd/follower, zone:b), for TIME",
    )
    .addOption(nameOption())
    .option("--dry-run", "show what would be done")
    .option("--allow-quorum-loss", "even if a store can't commit any more")
    .action(async (words: string[], flags: FaultFlags) => {
      const { faultInjectCommand } = await import("./fault.ts");
      setExitCode(await faultInjectCommand(environment, words, flags));
    });
  fault
    .command("list")
    .summary("show the faults that are injected")
    .addOption(nameOption())
    .option("--json", "one JSON document on stdout")
    .action(async (flags: FaultFlags) => {
      const { faultListCommand } = await import("./fault.ts");
      await faultListCommand(environment, flags);
    });
  fault
    .command("heal")
    .summary("heal one fault, or all")
    .argument("[id]", "as hunt fault list shows it")
    .addOption(nameOption())
    .action(async (id: string | undefined, flags: FaultFlags) => {
      const { healCommand } = await import("./fault.ts");
      await healCommand(environment, id, flags);
    });
}
