/** `hunt verdict` with its flags and examples. */
import { Option } from "commander";
import { eachGiven, examples, flag, type Registration } from "../registration.ts";
import type { VerdictFlags } from "./verdict.ts";

export function registerVerdict({ program, environment, setExitCode }: Registration): void {
  program
    .command("verdict")
    .summary("judge a recorded run again, with other budgets too")
    .description(
      "Judges a run from its folder alone; ends with the verdict's exit code. RUN as in hunt report.",
    )
    .argument("<run>", "run id, folder, or last")
    .addHelpText(
      "before",
      examples([
        "hunt verdict last",
        "hunt verdict last --budget 'sessions.dig.p99 < 20ms @steady'",
        "hunt verdict last --only-these --budget 'node.etcd/1.cpu < 80%' --json",
      ]),
    )
    .addOption(
      new Option("--budget <expression>", "one more budget; repeatable").argParser(eachGiven),
    )
    .option("--only-these", "leave the budgets of the recording out")
    .addOption(
      flag(
        "--gate <mode>",
        "fail: the verdict decides the exit code; warn: it is only shown",
        "GATE",
      ),
    )
    .addOption(flag("--reports <folder>", "where run folders are", "REPORTS"))
    .option("--json", "the summary as one JSON document on stdout")
    .action(async (run: string, flags: VerdictFlags) => {
      const { verdictCommand } = await import("./verdict.ts");
      setExitCode(await verdictCommand(environment, run, flags));
    });
}
