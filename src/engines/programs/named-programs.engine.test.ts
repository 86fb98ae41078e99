import { chmodSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { binaryPath } from "./binaries.ts";
import { lookAtNamed, namedVariables, requireNamedFit } from "./named-programs.ts";
import { programStates } from "./program-state.ts";

test("a program that is named by its path or by a word on PATH is taken and asked for its version", () => {
  const path = binaryPath("valkey");
  const byPath = { HUNT_ENGINE_VALKEY: path, HUNT_BIN_DIR: temporaryFolder() };
  expect(lookAtNamed("valkey", byPath)).toEqual({ path, version: "9.1", problem: undefined });
  expect(binaryPath("valkey", byPath)).toBe(path);
  expect(programStates(["valkey"], { packageRoot: "/", variables: byPath }).get("valkey")).toBe(
    "there",
  );
  const byWord = { HUNT_ENGINE_VALKEY: basename(path), PATH: `/nowhere:${dirname(path)}` };
  expect(namedVariables(byWord)).toEqual({ HUNT_ENGINE_VALKEY: path });
  expect(() => requireNamedFit(["valkey", "etcd"], byWord)).not.toThrow();
});

test.each([
  ["valkey", "Redis server v=6.2.14 sha=0:0", "expected version 7.0 or newer, got 6.2"],
  ["postgres", "postgres (PostgreSQL) 14.9", "expected version 15.0 or newer, got 14.9"],
  ["nats", "nats-server: v2.11.4", "expected version 2.12 or newer, got 2.11"],
  ["nats", "v9", 'expected --version of nats-server, got "v9"'],
] as const)("for %s, what answers %s is refused, with what was expected", (name, says, problem) => {
  const variables = { [`HUNT_ENGINE_${name.toUpperCase()}`]: program(says) };
  expect(() => requireNamedFit([name], variables)).toThrow(
    expect.objectContaining({
      code: "engine.unfit",
      exitCode: 3,
      message: expect.stringContaining(problem),
      hint: expect.stringContaining(`HUNT_ENGINE_${name.toUpperCase()}`),
    }),
  );
});

test.each([
  ["valkey", "Redis server v=7.0.15 sha=0:0", "7.0"],
  ["postgres", "postgres (PostgreSQL) 15.18 (Debian 15.18-0)", "15.18"],
  ["postgres", "postgres (PostgreSQL) 19beta1", "19.0"],
  ["nats", "nats-server: v2.12.6", "2.12"],
] as const)("for %s, what answers %s will do", (name, says, version) => {
  const variables = { [`HUNT_ENGINE_${name.toUpperCase()}`]: program(says) };
  expect(lookAtNamed(name, variables)).toMatchObject({ version, problem: undefined });
});

test("a named program that is missing is refused, and never replaced by another one", () => {
  const variables = { HUNT_ENGINE_NATS: "no-such-server", PATH: temporaryFolder() };
  const message = expect.stringContaining("got no file that can be executed");
  expect(() => requireNamedFit(["nats"], variables)).toThrow(expect.objectContaining({ message }));
  expect(() => binaryPath("nats", variables)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("HUNT_ENGINE_NATS") }),
  );
});

/** One that prints this, as an installed server of that version does. */
function program(says: string): string {
  const path = join(temporaryFolder(), "server");
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}
