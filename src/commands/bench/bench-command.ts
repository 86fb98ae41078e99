/** `hunt bench` with its flags and examples. */
import type { Option } from "commander";
import { topologyOptions } from "../flags/topology-flags.ts";
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
      ).argParser(eachGiven),
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
    const { benchCommand } = await import("./bench.ts");
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
