/** An Environment that records what is written; its clock, random and signals are the test's. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../src/environment.ts";

export interface FakeEnvironment extends Environment {
  readonly out: () => string;
  readonly err: () => string;
}

export function fakeEnvironment(
  args: readonly string[],
  cwd: string,
  variables: Environment["variables"] = {},
): FakeEnvironment {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: false,
    columns: 80,
  });
  const set = { HUNT_BIN_DIR: join(cwd, "no-binaries"), ...variables };
  return {
    args,
    variables: set,
    setVariable: (name, value) => {
      Object.assign(set, { [name]: value });
    },
    givenVariables: variables,
    cwd,
    stdout: stream("out"),
    stderr: stream("err"),
    terminal: { stdin: process.stdin, stdout: process.stdout },
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    random: () => 7,
    packageRoot: resolve(fileURLToPath(new URL("../..", import.meta.url))),
    nodeBinary: process.execPath,
    pid: process.pid,
    exitNow: (code) => {
      throw new Error(`exit ${code}`);
    },
    onInterrupt: () => () => {},
    onOutputClosed: () => () => {},
    lostOutput: () => [],
    out: () => written.out,
    err: () => written.err,
  };
}
