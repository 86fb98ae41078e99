/** `hunt logs` with its flags and examples. */
import { examples, nameOption, type Registration } from "../registration.ts";
import type { LogsFlags } from "./logs.ts";

export function registerLogs({ program, environment, setExitCode }: Registration): void {
  program
    .command("logs")
    .summary("show what the nodes of a backend that stays have printed")
    .description("Shows the last lines of a node's log, or of every node's.")
    .argument("[node]", "a node such as gateway/1; keeper is the nodes' parent")
    .addHelpText(
      "before",
      examples(["hunt logs", "hunt logs etcd/2 --lines 200", "hunt logs gateway/1 --follow"]),
    )
    .addOption(nameOption())
    .option("--lines <n>", "how many lines (default 50; 10 of each without NODE)")
    .option("-f, --follow", "go on with what is printed from now on")
    .action(async (node: string | undefined, flags: LogsFlags) => {
      const { logsCommand } = await import("./logs.ts");
      setExitCode(await logsCommand(environment, node, flags));
    });
}
