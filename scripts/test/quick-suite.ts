/**
 * bin/test quick: what tells most mistakes in half a minute, and starts no engine or service. Lint and types run beside
 * the unit tests, since neither fills two cores; knip, the Go modules and all that starts a program are left out.
 */
import { join } from "node:path";
import { runQuickTools } from "./static-checks.ts";
import type { Suite } from "./suite.ts";
import { runVitest } from "./vitest-suite.ts";

export const quickSuite: Suite = {
  name: "quick",
  about: "in half a minute: lint, types, layers, tidiness, unit tests that start no program",
  async run(context) {
    // Side by side, so nothing is shown live.
    const logged = { ...context, live: false };
    const [tools, tests] = await Promise.all([
      runQuickTools(logged),
      runVitest(["checks", "unit"], logged, 300_000),
    ]);
    return {
      passed: tools.passed + tests.passed,
      failed: tools.failed + tests.failed,
      notes: [...tools.notes, ...tests.notes],
      logPath: join(context.workDir, "output.log"),
    };
  },
};
