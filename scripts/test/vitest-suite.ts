/** Runs vitest projects and counts their tests from the JSON report. A skipped test did not pass. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { optional } from "../../src/optional.ts";
import { runCommand, toolEnvironment } from "./command.ts";
import type { Suite, SuiteContext, SuiteResult } from "./suite.ts";

type Project = "checks" | "unit" | "slow" | "outcomes" | "e2e";

export function vitestSuite(
  name: "unit" | "outcomes" | "e2e",
  about: string,
  projects: readonly Project[],
  timeoutMs: number,
  args: readonly string[],
): Suite {
  return { name, about, run: (context) => runVitest(projects, context, timeoutMs, args) };
}

export async function runVitest(
  projects: readonly Project[],
  context: SuiteContext,
  timeoutMs = 300_000,
  args: readonly string[] = [],
): Promise<SuiteResult> {
  const reportPath = join(context.workDir, "report.json");
  const logPath = context.live ? undefined : join(context.workDir, "output.log");
  await rm(reportPath, { force: true });
  const code = await runCommand({
    program: "vitest",
    args: [
      "run",
      ...projects.map((project) => `--project=${project}`),
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${reportPath}`,
      ...args,
      ...context.vitestArgs,
    ],
    cwd: context.root,
    env: toolEnvironment(context.root),
    logPath,
    timeoutMs,
  });
  const counted = await countTests(reportPath);
  const notes = [...counted.notes];
  let failed = counted.failed;
  if (code !== 0 && failed === 0) {
    failed += 1;
    notes.push(`vitest ended with exit code ${code} though no test failed`);
  }
  return { passed: counted.passed, failed, notes, ...optional({ logPath }) };
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly notes: readonly string[];
}

async function countTests(reportPath: string): Promise<Counts> {
  const report = parseReport(await readFile(reportPath, "utf8").catch(() => ""));
  if (report === undefined) return { passed: 0, failed: 1, notes: ["vitest wrote no report"] };
  let [passed, failed] = [0, 0];
  const notes: string[] = [];
  for (const file of report.testResults) {
    if (file.assertionResults.length === 0) {
      failed += 1;
      notes.push(`${file.name}: ${firstLine(file.message) || "no tests in this file"}`);
    }
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed += 1;
      else {
        failed += 1;
        notes.push(`${test.status}: ${test.fullName} (${file.name})`);
      }
    }
  }
  return { passed, failed, notes };
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** The report is vitest's own, of the pinned version: its shape is trusted, its presence is not. */
function parseReport(text: string): Report | undefined {
  return text === "" ? undefined : JSON.parse(text);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
