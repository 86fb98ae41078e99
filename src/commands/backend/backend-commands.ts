/** The commands on a backend that stays, with their flags and examples; `program.ts` adds them. */
import { Argument, type Command, type Option } from "commander";
import type { Environment } from "../../environment.ts";
import { topologyOptions } from "../flags/topology-flags.ts";
import { VariableOption } from "../flags/variables.ts";
import type { LogsFlags } from "./logs.ts";
import type { NodeFlags } from "./node.ts";
import type { StatusFlags } from "./status.ts";
import type { UpFlags } from "./up.ts";

interface Parts {
  readonly program: Command;
  readonly environment: Environment;
  readonly setExitCode: (code: number) => void;
}

export function addBackendCommands(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  const parts = { program, environment, setExitCode };
  addUp(parts);
  addStatus(parts);
  addLogs(parts);
  addNode(parts);
  addExec(parts);
  addDown(parts);
  addEngines(parts);
}

/** `--name`, wherever one backend of several is meant. */
export function nameOption(): Option {
  return new VariableOption("--name <name>", 'name of the backend (default "default")', "NAME");
}

function addUp({ program, environment, setExitCode }: Parts): void {
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
    .addOption(flag("--lanes <name>", "lane of the backend", "LANES"))
    .addOption(flag("--design <name>", "design of the lane", "DESIGN"))
    .addOption(flag("--runtime <name>", "what nodes are: local processes", "RUNTIME"))
    .addOption(
      flag("--port-base <port>", "first port to use, counting up; else free ports", "PORT_BASE"),
    )
    .option("--logs <folder>", "where the nodes' logs go, to outlast hunt down");
  for (const option of topologyOptions()) up.addOption(option);
  up.option("--json", "the document of hunt status --json").action(async (flags: UpFlags) => {
    const { upCommand } = await import("./up.ts");
    setExitCode(await upCommand(environment, flags));
  });
}

function addStatus({ program, environment }: Parts): void {
  program
    .command("status")
    .summary("show a backend that stays: role, address, pid and health of each node")
    .description("Shows each node of a backend that stays as it answers just now.")
    .addHelpText(
      "before",
      examples([
        "hunt status",
        "hunt status --all",
        "hunt status --json | jq -r '.nodes[] | select(.role == \"leader\").id'",
      ]),
    )
    .addOption(nameOption())
    .option("--all", "list the backends that there are")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: StatusFlags) => {
      const { statusCommand } = await import("./status.ts");
      await statusCommand(environment, flags);
    });
}

function addLogs({ program, environment, setExitCode }: Parts): void {
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

function addNode({ program, environment }: Parts): void {
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
    .option("--allow-quorum-loss", "even if etcd can't commit without the node")
    .option("--json", "the node as in hunt status --json")
    .action(async (verb: string, node: string, flags: NodeFlags) => {
      const { nodeCommand } = await import("./node.ts");
      await nodeCommand(environment, verb, node, flags);
    });
}

function addExec({ program, environment, setExitCode }: Parts): void {
  program
    .command("exec")
    .summary("run a command with a node's addresses in its environment")
    .description(
      "Runs a command in the node's data folder, with HUNT_NODE, HUNT_ADDRESS_<PORT>, ETCDCTL_ENDPOINTS and hunt's etcdctl on PATH. The command's exit code is hunt's.",
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

function addDown({ program, environment }: Parts): void {
  program
    .command("down")
    .summary("end a backend that stays and remove everything of it")
    .description("Stops all nodes in reverse order and removes data, socket and state.")
    .addHelpText("before", examples(["hunt down", "hunt down --name blue"]))
    .addOption(nameOption())
    .option("--json", "one JSON document on stdout")
    .action(async (flags: { name?: string; json?: boolean }) => {
      const { downCommand } = await import("./down.ts");
      await downCommand(environment, flags);
    });
}

function addEngines({ program, environment }: Parts): void {
  const json = ["--json", "one JSON document on stdout"] as const;
  const engines = program
    .command("engines")
    .summary("list the programs that hunt starts, or get them beforehand")
    .description(
      "Lists the programs that hunt starts: which lane needs them, where they come from, whether they are there. A command gets what it needs by itself.",
    )
    .addHelpText(
      "before",
      examples(["hunt engines", "hunt engines fetch sessions", "hunt engines fetch valkey"]),
    )
    .option(...json)
    .action(async (flags: { json?: boolean }) => {
      const { enginesCommand } = await import("../lists/engines.ts");
      enginesCommand(environment, flags);
    });
  engines
    .command("fetch")
    .summary("build or fetch what is missing, for lanes or by name")
    .description("Gets what `hunt bench` needs: for a CI cache, or before the network goes away.")
    .argument("[names...]", "lanes, for all that they need, and programs; without any: all lanes")
    .option("--all", "every program that hunt knows, also those that no lane needs")
    .option(...json)
    .action(async (names: readonly string[], _: object, command: Command) => {
      const { fetchEnginesCommand } = await import("../lists/engines.ts");
      await fetchEnginesCommand(environment, names, command.optsWithGlobals());
    });
}

function flag(flags: string, description: string, variable: string): Option {
  return new VariableOption(flags, description, variable);
}

function examples(lines: readonly string[]): string {
  return `Examples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}
