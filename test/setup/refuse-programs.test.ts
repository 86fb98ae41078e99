import { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { takeRefused } from "./refuse-programs.ts";

test.each([
  ["exec", exec],
  ["execFile", execFile],
  ["execFileSync", execFileSync],
  ["execSync", execSync],
  ["fork", fork],
  ["spawn", spawn],
  ["spawnSync", spawnSync],
])("a unit test cannot start a program with %s", (name, start) => {
  expect(() => start("true")).toThrow("name its file x.engine.test.ts");
  expect(takeRefused()).toEqual([`${name} true`]);
});

test("a start is told though the code under test caught the refusal", () => {
  try {
    spawn("true");
  } catch {
    // What a product's "could not tell" does.
  }
  expect(takeRefused()).toEqual(["spawn true"]);
});
