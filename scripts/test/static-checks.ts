/** What is checked without running hunt: one count per check, and every check runs. */
import { join } from "node:path";
import { runCommand, toolEnvironment } from "./command.ts";
import { findDrift } from "./generated-code.ts";
import type { Suite, SuiteContext, SuiteResult } from "./suite.ts";
import { runVitest } from "./vitest-suite.ts";

const tools = [
  { name: "lint", command: ["biome", "check", "."], mend: "npm run format" },
  { name: "types", command: ["tsc", "-p", "tsconfig.test.json"], mend: "npm run typecheck" },
  { name: "dead code", command: ["knip"], mend: "npm run dead-code" },
] as const;

export const staticChecks: Suite = {
  name: "checks",
  async run(context) {
    const logPath = context.live ? undefined : join(context.workDir, "output.log");
    const notes: string[] = [];
    let passed = 0;
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
      if (code === 0) passed += 1;
      else notes.push(`${name}: exit code ${code} (${mend})`);
    }
    const drift = await findDrift(context.root, context.workDir, logPath);
    if (drift.length === 0) passed += 1;
    else notes.push(`generated code: ${drift.join("; ")} (npm run generate)`);
    return withScans({ passed, failed: notes.length, notes }, context);
  },
};

/** The layer rule and the tidy rules are tests of their own (test/*.test.ts). */
async function withScans(tools: SuiteResult, context: SuiteContext): Promise<SuiteResult> {
  const scans = await runVitest("checks", context);
  return {
    passed: tools.passed + scans.passed,
    failed: tools.failed + scans.failed,
    notes: [...tools.notes, ...scans.notes],
    ...(context.live ? {} : { logPath: join(context.workDir, "output.log") }),
  };
}
