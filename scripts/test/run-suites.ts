/**
 * bin/test: runs the suites one after another (several need the machine to themselves), says each
 * one's result as it ends, goes on after a failure, and closes with `N passed, N failed`.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAllCommands } from "./command.ts";
import { goSuite } from "./go-suite.ts";
import { quickSuite } from "./quick-suite.ts";
import { staticChecks } from "./static-checks.ts";
import type { Suite, SuiteResult } from "./suite.ts";
import { vitestSuite } from "./vitest-suite.ts";

const suites: readonly Suite[] = [
  staticChecks,
  // Mostly they wait for engines: with one worker, vitest's own choice on 2 cores, they take 2.4 times as long.
  vitestSuite(
    "unit",
    "unit tests, also those that start programs or compute for seconds",
    ["unit", "slow"],
    600_000,
    [`--maxWorkers=${2 * availableParallelism()}`],
  ),
  goSuite,
  vitestSuite(
    "outcomes",
    "whole programs: what is left, broken or refused",
    ["outcomes"],
    900_000,
    ["--maxWorkers=2"],
  ),
  vitestSuite("e2e", "whole programs: times against limits", ["e2e"], 1_500_000, [
    "--no-file-parallelism",
  ]),
];
/** A part of them, for the minute between two edits. It is no part of the whole, which would run it twice. */
const parts: readonly Suite[] = [quickSuite];

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const shownLines = 120;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name, ...vitestArgs] = args;
  if (name === "--help" || name === "-h") {
    process.stdout.write(usage());
    return 0;
  }
  const chosen =
    name === undefined ? suites : [...parts, ...suites].filter((suite) => suite.name === name);
  if (chosen.length === 0) {
    process.stderr.write(usage());
    return 2;
  }
  const interruption = watchForInterruption();
  let [passed, failed] = [0, 0];
  for (const suite of chosen) {
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    const result = await runSuite(suite, vitestArgs, name !== undefined);
    passed += result.passed;
    failed += result.failed;
  }
  if (interruption.exitCode !== undefined) return interruption.exitCode;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function usage(): string {
  const lines = [...parts, ...suites].map(({ name, about }) => `  ${name.padEnd(10)}${about}\n`);
  return `usage: bin/test [SUITE [VITEST ARGUMENT...]]\n\n${lines.join("")}\nWithout a name: all but quick.\n`;
}

/** The first signal ends what runs, gives it time to clean up and starts nothing more; the second waits for nothing. */
function watchForInterruption(): { exitCode: number | undefined } {
  const interruption: { exitCode: number | undefined } = { exitCode: undefined };
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      if (interruption.exitCode !== undefined) process.exit(code);
      interruption.exitCode = code;
      endAllCommands();
    });
  }
  return interruption;
}

async function runSuite(
  suite: Suite,
  vitestArgs: readonly string[],
  live: boolean,
): Promise<SuiteResult> {
  const workDir = join(root, ".cache", "test", suite.name);
  await rm(workDir, { recursive: true, force: true });
  await mkdir(workDir, { recursive: true });
  process.stdout.write(`${suite.name}: running\n`);
  const startedAtMs = performance.now();
  const ran = await suite.run({ root, workDir, live, vitestArgs });
  const empty = ran.passed + ran.failed === 0;
  const result = empty ? { ...ran, failed: 1, notes: [...ran.notes, "no tests were found"] } : ran;
  if (result.failed > 0 && result.logPath !== undefined) await showLog(result.logPath);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  for (const note of result.notes) process.stdout.write(`${suite.name}: ${note}\n`);
  process.stdout.write(
    `${suite.name}: ${result.passed} passed, ${result.failed} failed (${seconds} s)\n`,
  );
  return result;
}

async function showLog(path: string): Promise<void> {
  const lines = (await readFile(path, "utf8").catch(() => "")).trimEnd().split("\n");
  if (lines.length > shownLines) process.stdout.write(`the last ${shownLines} lines of ${path}:\n`);
  process.stdout.write(`${lines.slice(-shownLines).join("\n")}\n`);
}
