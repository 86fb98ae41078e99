/** `hunt verify` with its flags and examples. */
import { examples, flag, type Registration } from "../registration.ts";
import type { VerifyFlags } from "./verify.ts";

export function registerVerify({ program, environment, setExitCode }: Registration): void {
  program
    .command("verify")
    .summary("check a recorded run's guarantees again, from its folder alone")
    .description(
      "Runs the checkers over the recorded ledger and reads again and ends with 0 (all held), 5 (one is broken) or 4 (could not tell). Unlike hunt verdict it leaves budgets and the generator's lateness out. RUN as in hunt report.",
    )
    .argument("<run>", "run id, folder, or last")
    .addHelpText("before", examples(["hunt verify last", "hunt verify last --json"]))
    .addOption(flag("--reports <folder>", "where run folders are", "REPORTS"))
    .option("--json", "the summary, judged so, as one JSON document on stdout")
    .action(async (run: string, flags: VerifyFlags) => {
      const { verifyCommand } = await import("./verify.ts");
      setExitCode(await verifyCommand(environment, run, flags));
    });
}
