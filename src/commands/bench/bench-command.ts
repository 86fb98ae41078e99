/** `hunt bench` with its flags and examples. */
import type { Option } from "commander";
import { addLaneOptions, backendOptions, lanesOptions } from "../flags/lane-options.ts";
import { eachGiven, examples, flag, nameOption, type Registration } from "../registration.ts";
import type { BenchFlags } from "./bench.ts";
import { faultOptions } from "./fault-flags.ts";

export function registerBench({ program, environment, setExitCode }: Registration): void {
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
    );
  for (const option of [
    flag("--scenario <name|file>", "built-in scenario or YAML file", "SCENARIO"),
    ...lanesOptions(true),
    ...loadOptions(),
    ...runOptions(),
    ...faultOptions(),
    flag("--runtime <name>", "what nodes are: local processes", "RUNTIME"),
    ...backendOptions(),
  ]) {
    bench.addOption(option);
  }
  bench
    .option("--keep", "leave the backend up after the run")
    .addOption(nameOption())
    .option("--json", "one JSON document on stdout");
  addLaneOptions(bench, "bench");
  bench.action(async (flags: BenchFlags) => {
    const { benchCommand } = await import("./bench.ts");
    setExitCode(await benchCommand(environment, flags));
  });
}

/** What is played. */
function loadOptions(): Option[] {
  return [
    flag("--players <n>", "players at the peak", "PLAYERS"),
    flag("--rate <n>", "actions/s at the peak, or LANE=N", "RATE"),
    flag("--duration <time>", "play the curve in this time (2m)", "DURATION"),
    flag("--speed <n>", "play the curve n times as fast", "SPEED"),
    flag("--plan <file.csv>", "recorded traffic: times and values", "PLAN"),
    flag("--skew <sigma>", "spread of activity (0: all alike)", "SKEW"),
    flag("--seed <n>", "seed of the load plan", "SEED"),
    flag(
      "--networks <weights>",
      "networks that the players sit on, such as mobile-4g=60,lan=40",
      "NETWORKS",
    ),
    flag("--generator <name>", "swarm or plain-k6 (cross-check)", "GENERATOR"),
  ];
}

/** How often it is played, how it is judged, and where it is shown. */
function runOptions(): Option[] {
  return [
    flag("--repeat <n>", "runs per design; median shown", "REPEAT"),
    flag("--retries <n>", "replay what the machine spoiled", "RETRIES"),
    flag(
      "--budget <expression>",
      "budget instead of the scenario's own; repeatable",
      "BUDGET",
    ).argParser(eachGiven),
    flag("--gate <mode>", "fail, or warn: verdict only shown", "GATE"),
    flag("--reports <folder>", "where run folders go", "REPORTS"),
    flag("--port-base <port>", "first port; else free ports", "PORT_BASE"),
    flag("--frames <n>", "dashboard pictures per second (2)", "FRAMES"),
    flag("--no-tui", "lines instead of the dashboard", "NO_TUI"),
  ];
}
