/** `hunt exec` with its flags and examples. */
import { examples, nameOption, type Registration } from "../registration.ts";

export function registerExec({ program, environment, setExitCode }: Registration): void {
  program
    .command("exec")
    .summary("run a command with a node's addresses in its environment")
    .description(
      "Runs a command in the node's data folder, with HUNT_NODE, HUNT_ADDRESS_<PORT>, and what its lane adds, such as ETCDCTL_ENDPOINTS and hunt's etcdctl on PATH. The command's exit code is hunt's.",
    )
    .argument("<node>", "a node such as etcd/2; etcd/leader is the member that leads just now")
    .argument("[command...]", "after --: the command and its arguments")
    .addHelpText(
      "before",
      examples([
        "hunt exec etcd/1 -- etcdctl endpoint status --write-out table",
        "hunt exec proxy/1 -- sh -c 'curl -s http://$HUNT_ADDRESS_HTTP/metrics'",
        "hunt exec etcd/2 -- du -sh .",
      ]),
    )
    .addOption(nameOption())
    .action(async (node: string, words: readonly string[], flags: { name?: string }) => {
      const { execCommand } = await import("./exec.ts");
      setExitCode(await execCommand(environment, node, words, flags));
    });
}
