/** `hunt up` with its flags and examples. */

import { addLaneOptions, backendOptions, lanesOptions } from "../flags/lane-options.ts";
import { examples, flag, nameOption, type Registration } from "../registration.ts";
import type { UpFlags } from "./up.ts";

export function registerUp({ program, environment, setExitCode }: Registration): void {
  const up = program
    .command("up")
    .summary("start a backend that stays")
    .description(
      "Starts a backend and leaves it running until hunt down. Until everything serves, the end of hunt ends it.",
    )
    .addHelpText(
      "before",
      examples([
        "hunt up",
        "hunt up --etcd-size 5 --port-base 20000",
        "hunt up --design naive --name blue",
      ]),
    )
    .addOption(nameOption())
    .addOption(flag("--runtime <name>", "what nodes are: local processes", "RUNTIME"))
    .addOption(
      flag("--port-base <port>", "first port to use, counting up; else free ports", "PORT_BASE"),
    )
    .option("--logs <folder>", "where the nodes' logs go, to outlast hunt down");
  for (const option of [...lanesOptions(false), ...backendOptions()]) up.addOption(option);
  addLaneOptions(up, "up");
  up.option("--json", "the document of hunt status --json").action(async (flags: UpFlags) => {
    const { upCommand } = await import("./up.ts");
    setExitCode(await upCommand(environment, flags));
  });
}
