/** `hunt report` with its flags and examples. */
import { Option } from "commander";
import { examples, flag, type Registration } from "../registration.ts";
import type { ReportFlags } from "./report.ts";

export function registerReport({ program, environment, setExitCode }: Registration): void {
  program
    .command("report")
    .summary("render a recorded run, or several side by side")
    .description(
      "Renders runs from their folders alone. RUN is a run id, a folder, or `last`: the newest run made here. Of several, the design of the last one is gated, as in hunt bench. Figures are medians where the runs are repeats of one command; others are a column each, with the difference.",
    )
    .argument("<run...>", "run id, folder, or last")
    .addHelpText(
      "before",
      examples([
        "hunt report last",
        "hunt report last --format md --output ticket.md",
        "hunt report last --format html --output run.html",
        "hunt report last --format annotations",
        "hunt report OLD NEW",
      ]),
    )
    .addOption(
      new Option("--format <format>", "text, json, md, html, junit or annotations").default("text"),
    )
    .option("--output <file>", "write to a file instead of stdout")
    .addOption(flag("--reports <folder>", "where run folders are", "REPORTS"))
    .option("--json", "the same as --format json")
    .action(async (runs: string[], flags: ReportFlags) => {
      const { reportCommand } = await import("./report.ts");
      setExitCode(await reportCommand(environment, runs, flags));
    });
}
