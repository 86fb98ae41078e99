/** Projects, run apart by bin/test: `npx vitest run --project unit` is enough while writing code. */
import { defineConfig } from "vitest/config";

/** They look at what is left, broken or refused, not at how fast anything was: two of them can share a machine. */
const outcomes = [
  "test/cli/**/*.test.ts",
  ...[
    "backend",
    "html-report",
    "interruptions",
    "killed-in-a-fault",
    "sabotage",
    "sabotage-under-load",
    "watch-faults",
  ].map((name) => `test/e2e/${name}.test.ts`),
];
const e2eTimeouts = { testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: "checks", include: ["test/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "outcomes", include: outcomes, ...e2eTimeouts } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: outcomes,
          ...e2eTimeouts,
        },
      },
    ],
  },
});
