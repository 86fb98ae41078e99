/** `hunt node` with its flags and examples. */
import { Argument } from "commander";
import { examples, nameOption, type Registration } from "../registration.ts";
import type { NodeFlags } from "./node.ts";

export function registerNode({ program, environment }: Registration): void {
  program
    .command("node")
    .summary("start, stop, restart, kill, pause or resume a node")
    .description(
      [
        "Works on one node of a backend that stays. Its ports and its data are kept.",
        "",
        "  start    a node that was stopped or killed; waits until it serves",
        "  stop     SIGTERM, SIGKILL after the node's bound",
        "  restart  stop and start; waits until it serves",
        "  kill     SIGKILL; it stays dead until start",
        "  pause    SIGSTOP: it holds its connections and answers nothing",
        "  resume   SIGCONT",
      ].join("\n"),
    )
    .addArgument(new Argument("<verb>", "start, stop, restart, kill, pause or resume"))
    .argument("<node>", "a node such as etcd/2; etcd/leader is the member that leads just now")
    .addHelpText(
      "before",
      examples([
        "hunt node kill etcd/leader",
        "hunt node start etcd/1",
        "hunt node pause gateway/2",
        "hunt node stop etcd/2 --allow-quorum-loss",
      ]),
    )
    .addOption(nameOption())
    .option("--allow-quorum-loss", "even if its store can't commit without it")
    .option("--json", "the node as in hunt status --json")
    .action(async (verb: string, node: string, flags: NodeFlags) => {
      const { nodeCommand } = await import("./node.ts");
      await nodeCommand(environment, verb, node, flags);
    });
}
