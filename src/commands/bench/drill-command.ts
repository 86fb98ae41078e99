/** `hunt drill` with its flags and examples. */

import { addLaneOptions } from "../flags/lane-options.ts";
import { examples, flag, type Registration } from "../registration.ts";
import type { DrillFlags } from "./drill.ts";

export function registerDrill({ program, environment, setExitCode }: Registration): void {
  const drill = program
    .command("drill")
    .summary("rehearse an outage: steady state, a fault, times and a score")
    .description(
      "Breaks something under load, times detection and recovery, checks what survived. Without NAME it lists the drills.",
    )
    .argument("[name]", "as hunt drill lists it")
    .addHelpText(
      "before",
      examples([
        "hunt drill",
        "hunt drill leader-loss",
        "hunt drill quorum-loss --interactive --blind",
      ]),
    )
    .option("--interactive", "you repair it, from another terminal, and are timed")
    .option("--blind", "with --interactive: do not say what was broken before the end")
    .option("--within <time>", "with --interactive: hunt heals after this time (default 10m)")
    .option("--name <name>", "with --interactive: how other commands find it (default drill)")
    .addOption(flag("--players <n>", "players (default 1,400)", "PLAYERS"))
    .addOption(flag("--rate <n>", "actions per second", "RATE"))
    .addOption(flag("--reports <folder>", "where run folders go", "REPORTS"))
    .option("--json", "one JSON document on stdout");
  addLaneOptions(drill, "drill");
  drill.action(async (name: string | undefined, flags: DrillFlags) => {
    const { drillCommand } = await import("./drill.ts");
    setExitCode(await drillCommand(environment, name, flags));
  });
}
