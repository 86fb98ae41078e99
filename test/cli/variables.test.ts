/** `HUNT_*` and `hunt.config.yaml` as they reach a command. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { knownVariables } from "../../src/commands/flags/variables.ts";
import { HuntError } from "../../src/hunt-error.ts";
import { buildProgram } from "../../src/program.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { fakeEnvironment } from "./fake-environment.ts";

interface Given {
  readonly args?: readonly string[];
  readonly config?: string;
}

/** What `hunt bench` would be called with. */
async function benchFlags(variables: Readonly<Record<string, string>>, given: Given = {}) {
  const cwd = temporaryFolder();
  if (given.config !== undefined) writeFileSync(join(cwd, "hunt.config.yaml"), given.config);
  const program = buildProgram(fakeEnvironment([], cwd, variables), () => {});
  const bench = program.commands.find((command) => command.name() === "bench");
  let flags: Readonly<Record<string, unknown>> = {};
  bench?.action((seen: Readonly<Record<string, unknown>>) => {
    flags = seen;
  });
  await program.parseAsync(["bench", ...(given.args ?? [])], { from: "user" });
  return flags;
}

async function refusal(variables: Readonly<Record<string, string>>, given?: Given) {
  const error = await benchFlags(variables, given).catch((thrown: unknown) => thrown);
  if (!(error instanceof HuntError)) throw new Error("expected hunt bench to be refused");
  return { exitCode: error.exitCode, message: error.message };
}

const no = ["false", "0", "no", "off", "FALSE", " no "];
const yes = ["true", "1", "yes", "on", "True"];

test.each(no)("HUNT_NO_WARM_FOLLOWER=%s keeps the guarantee", async (text) => {
  expect((await benchFlags({ HUNT_NO_WARM_FOLLOWER: text }))["warmFollower"]).toBe(true);
});

test.each(yes)("HUNT_NO_WARM_FOLLOWER=%s leaves it out", async (text) => {
  expect((await benchFlags({ HUNT_NO_WARM_FOLLOWER: text }))["warmFollower"]).toBe(false);
});

test("a switch that is neither yes nor no is refused, with what was expected and got", async () => {
  const { exitCode, message } = await refusal({ HUNT_NO_TUI: "maybe" });
  expect(exitCode).toBe(2);
  expect(message).toBe(
    'HUNT_NO_TUI: expected true, yes, on or 1, or false, no, off or 0, got "maybe"',
  );
});

test("every empty variable is unset, also one that is not known", async () => {
  const program = buildProgram(fakeEnvironment([], temporaryFolder()), () => {});
  const empty = Object.fromEntries(knownVariables(program).map((name) => [name, ""]));
  expect(await benchFlags({ ...empty, HUNT_WHAT: "" })).toEqual(await benchFlags({}));
});

test("a variable that hunt does not know is refused, with the nearest one", async () => {
  expect(await refusal({ HUNT_BUDGTE: "sessions.dig.p99 < 20ms" })).toEqual({
    exitCode: 2,
    message:
      "the environment sets HUNT_BUDGTE, a variable that hunt does not know. Did you mean 'HUNT_BUDGET'?",
  });
  const sabotage = await refusal({ HUNT_SABOTAGE: "skip-fencing" });
  expect(sabotage.message).toMatch(/HUNT_SABOTAGE, a variable that hunt does not know/);
});

test("what hunt exec sets for its command is known to a hunt in it", async () => {
  const set = { HUNT_NODE: "etcd/1", HUNT_BACKEND: "blue", HUNT_ADDRESS_CLIENT: "127.0.0.1:1" };
  expect(await benchFlags(set)).toEqual(await benchFlags({}));
});

test("a budget of a variable is one budget", async () => {
  const budget = "sessions.dig.p99 < 20ms @steady";
  expect((await benchFlags({ HUNT_BUDGET: budget }))["budget"]).toEqual([budget]);
});

test.each([
  ["warmFollower: false", false],
  ["warm-follower: off", false],
  ['warmFollower: "yes"', true],
  ["no-warm-follower: true", false],
  ['noWarmFollower: "no"', true],
])("hunt.config.yaml reads %s", async (config, warmFollower) => {
  expect((await benchFlags({}, { config }))["warmFollower"]).toBe(warmFollower);
});

test("a switch is decided by the flag before the variable, by the variable before hunt.config.yaml", async () => {
  const config = "warmFollower: false";
  const variables = { HUNT_NO_WARM_FOLLOWER: "no" };
  expect((await benchFlags(variables, { config }))["warmFollower"]).toBe(true);
  const args = ["--no-warm-follower"];
  expect((await benchFlags(variables, { config, args }))["warmFollower"]).toBe(false);
});

test("engines of hunt.config.yaml set their variables, below those that are set", async () => {
  const cwd = temporaryFolder();
  writeFileSync(
    join(cwd, "hunt.config.yaml"),
    "scenario: smoke\nengines: { valkey: redis-server, nats: bin/nats-server }\n",
  );
  const environment = fakeEnvironment([], cwd, { HUNT_ENGINE_VALKEY: "valkey-server" });
  const program = buildProgram(environment, () => {});
  const bench = program.commands.find((command) => command.name() === "bench");
  bench?.action(() => {});
  await program.parseAsync(["bench"], { from: "user" });
  expect(bench?.opts()).toMatchObject({ scenario: "smoke" });
  expect(environment.variables).toMatchObject({
    HUNT_ENGINE_VALKEY: "valkey-server",
    HUNT_ENGINE_NATS: join(cwd, "bin/nats-server"),
  });
});

test.each([
  ["warmFollower: perhaps", /warmFollower: expected true or false, got "perhaps"/],
  ["players: true", /players: expected a value, got true/],
  ["engines: { etcd: /usr/bin/etcd }", /"etcd" is none that can be named. There is: valkey/],
  ["engines: [valkey]", /expected record/],
])("hunt.config.yaml with %s is refused", async (config, message) => {
  const error = await refusal({}, { config });
  expect(error.exitCode).toBe(2);
  expect(error.message).toMatch(message);
});

test("docs/environment.md lists every variable that hunt knows, and no other", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/environment.md"), "utf8");
  const listed = [...page.matchAll(/^\| `(HUNT_[A-Z_]+)` \|/gm)].map(([, name]) => name);
  const program = buildProgram(fakeEnvironment([], temporaryFolder()), () => {});
  expect(listed.toSorted()).toEqual(knownVariables(program).toSorted());
});
