/**
 * Every command, flag and example on one page. Handlers are imported when they are called, so that
 * `hunt --help` loads nothing but commander.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { addBackendCommands, nameOption } from "./commands/backend/backend-commands.ts";
import type { BenchFlags } from "./commands/bench/bench.ts";
import type { DrillFlags } from "./commands/bench/drill.ts";
import { faultOptions } from "./commands/bench/fault-flags.ts";
import { addFaultCommands } from "./commands/faults/fault-commands.ts";
import { applyProjectConfig, applyProjectEngines } from "./commands/flags/apply-project-config.ts";
import { raftTimersOption, topologyOptions } from "./commands/flags/topology-flags.ts";
import { applyVariables, VariableOption } from "./commands/flags/variables.ts";
import type { ReportFlags } from "./commands/recordings/report.ts";
import type { VerdictFlags } from "./commands/recordings/verdict.ts";
import type { VerifyFlags } from "./commands/recordings/verify.ts";
import type { WatchFlags } from "./commands/watch/watch.ts";
import type { Environment } from "./environment.ts";
import { exitCodes } from "./exit-codes.ts";
import { HuntError } from "./hunt-error.ts";

/** @returns the exit code. @throws HuntError for everything the operator can mend. */
export async function runProgram(environment: Environment): Promise<number> {
  let exitCode: number = exitCodes.pass;
  const program = buildProgram(environment, (code) => {
    exitCode = code;
  });
  if (environment.args.length === 0) {
    program.outputHelp();
    return exitCode;
  }
  try {
    await program.parseAsync([...environment.args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error);
    throw error;
  }
  return exitCode;
}

export function buildProgram(
  environment: Environment,
  setExitCode: (code: number) => void,
): Command {
  const program = new Command("hunt")
    .description("Drives event-day traffic at a treasure-hunt backend and proves what survived.")
    .version(packageVersion(environment), "-V, --version")
    .addHelpText(
      "before",
      examples(["hunt bench", "hunt bench --design naive,log --json", "hunt report last"]),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 pass, 2 usage, 3 environment, 4 inconclusive, 5 guarantee broken, 99 budget breached.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.stdout.write(text),
      writeErr: (text) => environment.stderr.write(text),
      // main.ts prints the error, once.
      outputError: () => {},
      getOutHelpWidth: () => Math.min(environment.stdout.columns, 100),
      getErrHelpWidth: () => Math.min(environment.stderr.columns, 100),
    });
  addBench(program, environment, setExitCode);
  addWatch(program, environment, setExitCode);
  addReport(program, environment, setExitCode);
  addVerdict(program, environment, setExitCode);
  addVerify(program, environment, setExitCode);
  addBackendCommands(program, environment, setExitCode);
  addFaultCommands(program, environment, setExitCode);
  addDrill(program, environment, setExitCode);
  addScenarios(program, environment);
  applyVariables(program, environment);
  const named = (...names: readonly string[]) =>
    program.commands.filter((command) => names.includes(command.name()));
  applyProjectConfig(named("bench", "up"), environment);
  const starting = named("bench", "up", "drill", "calibrate", "node", "fault", "heal", "engines");
  applyProjectEngines(starting, environment);
  return program;
}

function addBench(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  const bench = program
    .command("bench")
    .summary("start a backend, drive a scenario at it, judge it")
    .description(
      "Starts the backend, plays a scenario at it, checks what survived, ends with a verdict.",
    )
    .addHelpText(
      "before",
      examples([
        "hunt bench",
        "hunt bench --scenario smoke",
        "hunt bench --design naive,log --rate 1000 --duration 30s",
        "hunt bench --budget 'sessions.dig.p99 < 20ms @steady' --json > summary.json",
      ]),
    )
    .addOption(flag("--scenario <name|file>", "a built-in scenario or a YAML file", "SCENARIO"))
    .addOption(flag("--lanes <names>", "lanes to run, separated by commas", "LANES"))
    .addOption(
      flag(
        "--design <names>",
        "designs to run, separated by commas; the last one is gated",
        "DESIGN",
      ),
    )
    .addOption(flag("--runtime <name>", "what nodes are: local processes", "RUNTIME"))
    .addOption(flag("--players <n>", "players at the peak", "PLAYERS"))
    .addOption(flag("--rate <n>", "digs per second at the peak, instead of players/7", "RATE"))
    .addOption(flag("--duration <time>", "play the curve in this time (30s, 2m)", "DURATION"))
    .addOption(flag("--speed <n>", "play the curve n times as fast", "SPEED"))
    .addOption(flag("--plan <file.csv>", "curve from recorded traffic: times and values", "PLAN"))
    .addOption(flag("--read-ratio <n>", "reads per dig, on top of the digs", "READ_RATIO"))
    .addOption(
      flag("--skew <sigma>", "spread of activity over players (lognormal; 0: all alike)", "SKEW"),
    )
    .addOption(flag("--seed <n>", "seed of the load plan", "SEED"))
    .addOption(flag("--repeat <n>", "runs per design, interleaved; the median is shown", "REPEAT"))
    .addOption(retriesOption())
    .addOption(
      flag(
        "--budget <expression>",
        "budget instead of the scenario's own; repeatable",
        "BUDGET",
      ).argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]),
    )
    .addOption(flag("--no-warm-follower", "compare no restored snapshots", "NO_WARM_FOLLOWER"))
    .addOption(
      flag(
        "--gate <mode>",
        "fail: the verdict decides the exit code; warn: it is only shown",
        "GATE",
      ),
    )
    .addOption(flag("--reports <folder>", "where run folders go", "REPORTS"))
    .addOption(
      flag("--port-base <port>", "first port to use, counting up; else free ports", "PORT_BASE"),
    )
    .addOption(flag("--frames <n>", "pictures of the dashboard per second (2)", "FRAMES"))
    .addOption(flag("--no-tui", "lines instead of the dashboard that a terminal gets", "NO_TUI"))
    .option("--json", "one JSON document on stdout");
  for (const option of [...playerOptions(), ...faultOptions(), ...topologyOptions()])
    bench.addOption(option);
  bench
    .option("--keep", "leave the backend up after the run (hunt status, hunt down)")
    .addOption(nameOption());
  bench.action(async (flags: BenchFlags) => {
    const { benchCommand } = await import("./commands/bench/bench.ts");
    setExitCode(await benchCommand(environment, flags));
  });
}

function retriesOption(): Option {
  const what = "play a run again that nothing but the machine kept from a verdict";
  return flag("--retries <n>", `${what}; 1 where one run decides`, "RETRIES");
}

/** How the players play. */
function playerOptions(): Option[] {
  return [
    flag(
      "--generator <name>",
      "who plays: swarm, or plain-k6 as its cross-check (up to 1,000 players)",
      "GENERATOR",
    ),
    flag("--reads <protocol>", "how reads reach the proxy: http or grpc", "READS"),
    flag(
      "--two-devices <share>",
      "share of the players with two devices at once (0.03125; 0: none)",
      "TWO_DEVICES",
    ),
    flag(
      "--networks <weights>",
      "networks that the players sit on, such as mobile-4g=60,mobile-5g=30,lan=10",
      "NETWORKS",
    ),
  ];
}

function addReport(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
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
      const { reportCommand } = await import("./commands/recordings/report.ts");
      setExitCode(await reportCommand(environment, runs, flags));
    });
}

function addWatch(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
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
      const { watchCommand } = await import("./commands/watch/watch.ts");
      setExitCode(await watchCommand(environment, run, flags));
    });
}

function addVerdict(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
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
      new Option("--budget <expression>", "one more budget; repeatable").argParser(
        (value: string, previous: string[] | undefined) => [...(previous ?? []), value],
      ),
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
      const { verdictCommand } = await import("./commands/recordings/verdict.ts");
      setExitCode(await verdictCommand(environment, run, flags));
    });
}

function addVerify(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
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
      const { verifyCommand } = await import("./commands/recordings/verify.ts");
      setExitCode(await verifyCommand(environment, run, flags));
    });
}

function addDrill(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  program
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
    .addOption(flag("--rate <n>", "digs per second, instead of players/7", "RATE"))
    .addOption(raftTimersOption())
    .addOption(flag("--reports <folder>", "where run folders go", "REPORTS"))
    .option("--json", "one JSON document on stdout")
    .action(async (name: string | undefined, flags: DrillFlags) => {
      const { drillCommand } = await import("./commands/bench/drill.ts");
      setExitCode(await drillCommand(environment, name, flags));
    });
}

function addScenarios(program: Command, environment: Environment): void {
  program
    .command("scenarios")
    .summary("list the built-in scenarios")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: { json?: boolean }) => {
      const { scenariosCommand } = await import("./commands/lists/scenarios.ts");
      scenariosCommand(environment, flags);
    });
}

function flag(flags: string, description: string, variable: string): Option {
  return new VariableOption(flags, description, variable);
}

function examples(lines: readonly string[]): string {
  return `Examples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

function packageVersion(environment: Environment): string {
  const document: unknown = JSON.parse(
    readFileSync(join(environment.packageRoot, "package.json"), "utf8"),
  );
  return typeof document === "object" && document !== null && "version" in document
    ? String(document.version)
    : "unknown";
}

/** Help and version end well; everything else commander complains of is the operator's to mend. */
function usageExit(error: CommanderError): number {
  if (error.exitCode === 0) return exitCodes.pass;
  throw new HuntError({
    code: `usage.${error.code.replace("commander.", "")}`,
    message: error.message.replace(/^error: /, ""),
    exitCode: exitCodes.usage,
    hint: "hunt --help lists commands, hunt COMMAND --help their flags.",
    cause: error,
  });
}
