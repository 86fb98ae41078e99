import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HuntError } from "../../src/hunt-error.ts";
import { sessionsFlags } from "../../src/lanes/sessions/settings/flags.ts";
import { runProgram } from "../../src/program.ts";
import { scenarios } from "../../src/scenarios/scenarios.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { fakeEnvironment } from "./fake-environment.ts";

async function failure(
  args: readonly string[],
  cwd = temporaryFolder(),
  variables: Readonly<Record<string, string>> = {},
): Promise<HuntError> {
  try {
    await runProgram(fakeEnvironment(args, cwd, variables));
  } catch (error) {
    if (error instanceof HuntError) return error;
    throw error;
  }
  throw new Error(`expected ${args.join(" ")} to fail`);
}

const refused: readonly [string, readonly string[], RegExp][] = [
  ["an unknown command", ["bensh"], /unknown command 'bensh'[\s\S]*bench/],
  [
    "an unknown flag",
    ["bench", "--scenaro", "smoke"],
    /unknown option '--scenaro'[\s\S]*--scenario/,
  ],
  ["an unknown scenario", ["bench", "--scenario", "smok"], /unknown scenario "smok".*smoke/],
  ["an unknown lane", ["bench", "--lanes", "session"], /unknown lane "session".*sessions/],
  ["a lane twice", ["bench", "--lanes", "sessions,sessions"], /--lanes: expected each lane once/],
  [
    "lanes that are said twice",
    ["bench", "--lanes", "sessions", "--lanes", "sessions"],
    /--lanes: expected it once, such as --lanes sessions,sessions/,
  ],
  ["no lane", ["bench", "--lanes", ","], /--lanes: expected one of sessions/],
  [
    "a rate of a lane that does not play",
    ["bench", "--rate", "tiles=2000"],
    /--rate: expected a lane that plays \(sessions\), got "tiles=2000"/,
  ],
  [
    "a design of a lane that does not play",
    ["bench", "--design", "tiles=naive"],
    /--design: expected a lane that plays \(sessions\), got "tiles"/,
  ],
  [
    "a lane for which help was not asked",
    ["bench", "--lane", "sessions"],
    /--lane: expected --help beside it; --lanes says what plays/,
  ],
  ["an unknown design", ["bench", "--design", "naiv,log"], /unknown design "naiv".*naive/],
  ["an unknown runtime", ["bench", "--runtime", "podman"], /unknown runtime "podman"/],
  ["a runtime that is not there yet", ["bench", "--runtime", "docker"], /docker.*does not exist/],
  ["no players", ["bench", "--players", "0"], /--players: expected a whole number from 1/],
  ["half a player", ["bench", "--players", "1.5"], /--players: expected a whole number/],
  ["a negative duration", ["bench", "--duration", "-5s"], /--duration: expected a time above 0/],
  ["an empty rate", ["bench", "--rate", ""], /--rate: expected a number/],
  ["two lengths", ["bench", "--duration", "30s", "--speed", "2"], /--duration and --speed both/],
  [
    "faults that cover the phase of a budget",
    ["bench", "--duration", "30s"],
    /no second of phase spike, which 'sessions\.dig\.p99 < 80ms @spike' judges/,
  ],
  ["no repeats", ["bench", "--repeat", "0"], /--repeat: expected a whole number from 1 to 100/],
  ["an unknown gate", ["bench", "--gate", "maybe"], /--gate: expected fail or warn/],
  ["a plan that is not there", ["bench", "--plan", "nowhere.csv"], /nowhere\.csv/],
  ["a budget on no action", ["bench", "--budget", "sessions.dgi.p99 < 5ms"], /dgi/],
  ["a budget on no lane", ["bench", "--budget", "sesions.dig.p99 < 5ms"], /sesions/],
  ["a budget on no phase", ["bench", "--budget", "sessions.dig.p99 < 5ms @stedy"], /stedy/],
  [
    "a budget without a unit",
    ["bench", "--budget", "sessions.dig.p99 < 5"],
    /takes a value in us, ms, s/,
  ],
  ["a cluster of four", ["bench", "--etcd-size", "4"], /--etcd-size: expected 3, 5 or 7, got "4"/],
  ["no gateways", ["bench", "--gateways", "0"], /--gateways: expected a whole number from 1/],
  ["one raft timer", ["bench", "--raft-timers", "100"], /HEARTBEAT\/ELECTION.*50\/250/],
  ["no heartbeat", ["bench", "--raft-timers", "0/250"], /--raft-timers: expected HEARTBEAT/],
  ["a hasty election", ["bench", "--raft-timers", "100/499"], /at least 5 heartbeats \(500 ms\)/],
  ["an endless election", ["bench", "--raft-timers", "100/50001"], /at most 50000 ms/],
  [
    "a quota without a known unit",
    ["bench", "--quota", "2Gi"],
    /--quota: expected a size from 256KiB/,
  ],
  ["no quota", ["bench", "--quota", "0"], /--quota: expected a size from 256KiB to 64GiB/],
  [
    "other metrics",
    ["bench", "--etcd-metrics", "all"],
    /--etcd-metrics: expected basic or extensive/,
  ],
  ["a tail for weeks", ["bench", "--fold-tail", "1GiB"], /--fold-tail: .* 1KiB to 8MiB/],
  [
    "sessions of half a second",
    ["bench", "--session-ttl", "500ms"],
    /--session-ttl: .*whole seconds/,
  ],
  [
    "a tail to fold where there is no log",
    ["bench", "--design", "naive,delta", "--fold-tail", "1MiB"],
    /--fold-tail: expected design log, .*--design naive,delta/,
  ],
  [
    "sessions that end where nothing ends them",
    ["up", "--design", "delta", "--session-ttl", "1m"],
    /--session-ttl: expected design log/,
  ],
  [
    "a bug that the design can't have",
    ["bench", "--design", "delta", "--sabotage", "skip-fencing"],
    /--sabotage skip-fencing: expected design log/,
  ],
  ["a backend of two designs", ["up", "--design", "naive,log"], /--design: expected one design/],
  ["a backend of four members", ["up", "--etcd-size", "4"], /--etcd-size: expected 3, 5 or 7/],
  ["a backend's name that is no name", ["up", "--name", "../x"], /--name: expected 1 to 32 of a-z/],
  ["an unknown verb", ["node", "kil", "etcd/1"], /can't "kil"\. Did you mean 'kill'/],
  ["no command to run", ["exec", "etcd/1"], /a command was expected after --/],
  ["two backends to keep", ["bench", "--keep", "--repeat", "2"], /--keep: expected one run/],
  ["an unknown report format", ["report", "last", "--format", "pdf"], /pdf/],
  ["a run that is not there", ["report", "yesterday"], /there is no run/],
];

test.each(refused)("%s is refused before anything is started", async (_, args, message) => {
  const cwd = temporaryFolder();
  const error = await failure(args, cwd);
  expect(`${error.message} ${error.hint ?? ""}`).toMatch(message);
  expect(error.exitCode).toBe(2);
  expect(readdirSync(cwd)).toEqual([]);
});

test("a scenario file with a wrong field names the file and the field", async () => {
  const cwd = temporaryFolder();
  const path = join(cwd, "mine.yaml");
  writeFileSync(
    path,
    "name: mine\nplan:\n  durationS: -3\n  players: [[0, 10]]\n  rate: [[0, 5]]\n",
  );
  const error = await failure(["bench", "--scenario", path]);
  expect(error.exitCode).toBe(2);
  expect(error.message).toContain(path);
  expect(error.message).toContain("plan.durationS");
  expect(error.message).toContain("phases");
});

test("hunt.config.yaml gives defaults, HUNT_* variables win over it, flags over both", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "hunt.config.yaml"), "scenario: from-config\n");
  expect((await failure(["bench"], cwd)).message).toContain('"from-config"');
  expect((await failure(["bench", "--scenario", "from-flag"], cwd)).message).toContain("from-flag");
  const variables = { HUNT_SCENARIO: "from-variable" };
  expect((await failure(["bench"], cwd, variables)).message).toContain('"from-variable"');
  const both = await failure(["bench", "--scenario", "from-flag"], cwd, variables);
  expect(both.message).toContain("from-flag");
});

test("hunt up takes its own flags from hunt.config.yaml, beside those that only bench has", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "hunt.config.yaml"), "scenario: smoke\netcdSize: 4\n");
  expect((await failure(["up"], cwd)).message).toContain("4");
});

test("an unknown key of hunt.config.yaml is an error with a suggestion", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "hunt.config.yaml"), "scenaro: smoke\n");
  const error = await failure(["bench"], cwd);
  expect(error.exitCode).toBe(2);
  expect(error.message).toMatch(/unknown key "scenaro".*scenario/);
});

test("without binaries bench says so, with exit code 3, and makes no run folder", async () => {
  const cwd = temporaryFolder();
  const error = await failure(["bench", "--scenario", "smoke"], cwd);
  expect(error.exitCode).toBe(3);
  expect(error.message).toContain("the program k6 is missing");
  expect(readdirSync(cwd)).toEqual([]);
});

test("a dry run says how recorded traffic is read, and what its peak loses", async () => {
  const cwd = temporaryFolder();
  const rows = Array.from({ length: 1441 }, (_, minute) => {
    return `${1_767_225_600 + minute * 60};${minute === 720 ? 1000 : 100}`;
  });
  writeFileSync(join(cwd, "day.csv"), rows.join("\n"));
  const args = ["bench", "--scenario", "smoke", "--plan", "day.csv", "--duration", "60s"];
  const environment = fakeEnvironment([...args, "--dry-run"], cwd);
  expect(await runProgram(environment)).toBe(0);
  expect(environment.out()).toContain(
    "plan day.csv: 1441 rows over 24 hours; time from column 1, rate from column 2",
  );
  expect(environment.out()).toContain("9.9 times its mean, and 8.7 times as played in 60 s");
});

test("help leads with examples and ends with exit code 0", async () => {
  const environment = fakeEnvironment(["bench", "--help"], temporaryFolder());
  expect(await runProgram(environment)).toBe(0);
  expect(environment.out().indexOf("Examples:")).toBe(0);
});

test("the help of bench fits a screen of 80 columns; a lane's flags are in a help of their own", async () => {
  const helpOf = async (...args: readonly string[]) => {
    const environment = fakeEnvironment(["bench", "--help", ...args], temporaryFolder());
    expect(await runProgram(environment)).toBe(0);
    return environment.out();
  };
  const general = await helpOf();
  expect(general.split("\n").length).toBeLessThan(60);
  expect(general).toContain("--help --lane sessions");
  expect(general).not.toContain("--etcd-size");
  const own = await helpOf("--lane", "sessions");
  expect(own).toContain("Flags of lane sessions:");
  for (const { flags } of sessionsFlags) expect(own).toContain(flags);
  expect(own).not.toContain("--scenario <name|file>");
});

test("scenarios --json is one document with every built-in scenario", async () => {
  const environment = fakeEnvironment(["scenarios", "--json"], temporaryFolder());
  expect(await runProgram(environment)).toBe(0);
  const names = JSON.parse(environment.out()).scenarios.map((each: { name: string }) => each.name);
  expect(names).toEqual(["starlight-rush", "smoke", "steady", "soak"]);
});

test.each(scenarios)(
  "a dry run of $name shows its load over time, and starts nothing",
  async ({ name: scenario }) => {
    const cwd = temporaryFolder();
    const text = fakeEnvironment(["bench", "--scenario", scenario, "--dry-run"], cwd);
    expect(await runProgram(text)).toBe(0);
    expect(text.out()).toMatch(/FROM +TO +PLAYERS +DIGS\/S +PEAK +READS\/S\n +0 s/);
    expect(text.out()).toMatch(/Nothing was started\.\n$/);
    const json = fakeEnvironment(["bench", "--scenario", scenario, "--dry-run", "--json"], cwd);
    expect(await runProgram(json)).toBe(0);
    const { load, plan, phases } = JSON.parse(json.out());
    expect(load.at(-1).toS).toBe(plan.durationS);
    expect(phases.at(-1).endS).toBe(plan.durationS);
    expect(readdirSync(cwd)).toEqual([]);
  },
);

test("a dry run says the rate that is played, with its peak and its sum", async () => {
  const cwd = temporaryFolder();
  const args = ["bench", "--scenario", "smoke", "--duration", "20s", "--rate", "1000", "--dry-run"];
  const environment = fakeEnvironment(args, cwd);
  expect(await runProgram(environment)).toBe(0);
  expect(environment.out()).toMatch(/\n +0 s +20 s +2,800 +1,000 +1,000 +600\n/);
  expect(environment.out()).toContain(
    "20,000 digs and 12,000 reads are due in 20 s; the peak is 1,000 digs/s and 2,800 players",
  );
});

test("without a folder for state a backend that stays is exit code 3", async () => {
  const error = await failure(["up"]);
  expect(error.exitCode).toBe(3);
  expect(error.message).toMatch(/XDG_STATE_HOME/);
});
