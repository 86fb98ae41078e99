/** `hunt watch` with its flags and examples. */
import { Option } from "commander";
import { examples, flag, type Registration } from "../registration.ts";
import type { WatchFlags } from "./watch.ts";

export function registerWatch({ program, environment, setExitCode }: Registration): void {
  program
    .command("watch")
    .summary("watch a run that goes on, or a recorded one again")
    .description(
      "Shows a run from its folder alone: a dashboard in a terminal, plain lines elsewhere. Leaving it stops nothing. RUN as in hunt report.",
    )
    .argument("[run]", "run id, folder, or last", "last")
    .addHelpText(
      "before",
      examples(["hunt watch", "hunt watch last --speed 10", "hunt watch last --plain > run.log"]),
    )
    .option("--speed <n>", "replay a recorded run n times as fast")
    .addOption(flag("--frames <n>", "pictures of the dashboard per second (2)", "FRAMES"))
    .option("--plain", "lines instead of a dashboard")
    .option("--ascii", "no characters beyond ASCII")
    .addOption(new Option("--of-bench", "on the terminal of a bench").hideHelp())
    .addOption(flag("--reports <folder>", "where run folders are", "REPORTS"))
    .action(async (run: string, flags: WatchFlags) => {
      const { watchCommand } = await import("./watch.ts");
      setExitCode(await watchCommand(environment, run, flags));
    });
}
