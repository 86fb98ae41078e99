/** The commands on faults and `hunt calibrate`, with their flags and examples; `program.ts` adds them. */
import type { Command } from "commander";
import type { Environment } from "../../environment.ts";
import { nameOption } from "../backend/backend-commands.ts";
import type { CalibrateFlags } from "./calibrate.ts";
import type { FaultFlags, HealFlags } from "./fault.ts";

export function addFaultCommands(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  program
    .command("faults")
    .summary("list what can be broken here, and what can't and why")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: { json?: boolean }) => {
      const { faultsCommand } = await import("./faults.ts");
      faultsCommand(environment, flags);
    });
  const fault = program
    .command("fault")
    .summary("inject, list and heal faults by hand on a backend that stays")
    .addHelpText(
      "before",
      `Examples:
  hunt fault inject kill etcd/leader for 10s
  hunt fault inject pause gateway/1
  hunt fault inject stop zone:b --dry-run
  hunt fault list
  hunt fault heal pause
`,
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
    .option("--allow-quorum-loss", "even if etcd can't commit any more")
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
  program
    .command("heal")
    .summary("heal every fault of a backend that stays, whoever injected it")
    .addOption(nameOption())
    .option("--overdue", "only those whose time is over: the hunt that injected them is dead")
    .action(async (flags: HealFlags) => {
      const { healCommand } = await import("./fault.ts");
      await healCommand(environment, undefined, flags);
    });
  program
    .command("calibrate")
    .summary("compare modelled loss with the kernel's, on this machine")
    .description(
      "Sends the same messages over links with modelled and with real loss, and says how well they agree. Ends with 0 when that could be told, whatever the answer, with 4 when not, with 3 where the kernel can't be told to drop.",
    )
    .addHelpText("before", "Examples:\n  hunt calibrate\n  hunt calibrate --for 60s --json\n")
    .option("--for <time>", "how long it sends, 2s to 60s (default 30s)")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: CalibrateFlags) => {
      const { calibrateCommand } = await import("./calibrate.ts");
      setExitCode(await calibrateCommand(environment, flags));
    });
}
