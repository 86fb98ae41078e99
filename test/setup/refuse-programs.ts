/**
 * Setup of the vitest project "unit": starting a program throws, and fails the test even if the code under test
 * catches it. So `bin/test quick` needs no engine, and a file's name says whether its tests start one.
 */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { afterEach } from "vitest";

const starters = [
  "exec",
  "execFile",
  "execFileSync",
  "execSync",
  "fork",
  "spawn",
  "spawnSync",
] as const;

let refused: string[] = [];

Object.assign(childProcess, Object.fromEntries(starters.map((name) => [name, refuse(name)])));
syncBuiltinESMExports();

afterEach(() => {
  const programs = takeRefused();
  if (programs.length > 0) throw new Error(explain(programs.join(", ")));
});

/** @returns what was refused since the last call, as `spawn etcd` */
export function takeRefused(): readonly string[] {
  const programs = refused;
  refused = [];
  return programs;
}

function refuse(name: string): (program: string) => never {
  return (program) => {
    refused.push(`${name} ${program}`);
    throw new Error(explain(`${name} ${program}`));
  };
}

function explain(started: string): string {
  return `This unit test starts a program (${started}): name its file x.engine.test.ts.`;
}
