/** What is checked without running hunt: one count per check, and every check runs. */
import { join } from "node:path";
import { optional } from "../../src/optional.ts";
import { runCommand, toolEnvironment } from "./command.ts";
import { findDrift } from "./generated-code.ts";
import type { Suite, SuiteContext, SuiteResult } from "./suite.ts";
import { runVitest } from "./vitest-suite.ts";

interface Tool {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly mend: string;
}

/** A count, and one note for each failed check. */
type Checked = Omit<SuiteResult, "logPath">;

const quickTools: readonly Tool[] = [
  { name: "lint", command: ["biome", "check", "."], mend: "npm run format" },
  { name: "types", command: ["tsc", "-p", "tsconfig.test.json"], mend: "npm run typecheck" },
];
const slowTools: readonly Tool[] = [
  { name: "dead code", command: ["knip"], mend: "npm run dead-code" },
];

export const staticChecks: Suite = {
  name: "checks",
  about: "lint, types, dead code, generated code, layers, tidiness",
  async run(context) {
    const logPath = logOf(context);
    const parts = [
      await runTools([...quickTools, ...slowTools], context, logPath),
      await checkGeneratedCode(context, logPath),
      // The layer rule and the tidy rules are tests of their own (test/*.test.ts).
      await runVitest(["checks"], context),
    ];
    return {
      passed: parts.reduce((sum, part) => sum + part.passed, 0),
      failed: parts.reduce((sum, part) => sum + part.failed, 0),
      notes: parts.flatMap((part) => part.notes),
      ...optional({ logPath }),
    };
  },
};

/** Lint and types, without what takes longer. */
export function runQuickTools(context: SuiteContext): Promise<Checked> {
  return runTools(quickTools, context, logOf(context));
}

function logOf(context: SuiteContext): string | undefined {
  return context.live ? undefined : join(context.workDir, "output.log");
}

async function runTools(
  tools: readonly Tool[],
  context: SuiteContext,
  logPath: string | undefined,
): Promise<Checked> {
  const notes: string[] = [];
  for (const { name, command, mend } of tools) {
    const [program, ...args] = command;
    const code = await runCommand({
      program,
      args,
      cwd: context.root,
      env: toolEnvironment(context.root),
      logPath,
      timeoutMs: 300_000,
    });
    if (code !== 0) notes.push(`${name}: exit code ${code} (${mend})`);
  }
  return { passed: tools.length - notes.length, failed: notes.length, notes };
}

async function checkGeneratedCode(
  context: SuiteContext,
  logPath: string | undefined,
): Promise<Checked> {
  const drift = await findDrift(context.root, context.workDir, logPath);
  if (drift.length === 0) return { passed: 1, failed: 0, notes: [] };
  const notes = [`generated code: ${drift.join("; ")} (npm run generate)`];
  return { passed: 0, failed: 1, notes };
}
