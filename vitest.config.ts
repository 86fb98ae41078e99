/**
 * Projects, run apart by bin/test: `npx vitest run --project unit` is enough while writing code.
 * A unit test that starts a program is named `x.engine.test.ts`; one that does so under another name fails. One that
 * computes for seconds is named `x.long.test.ts`.
 */
import { existsSync, statfsSync } from "node:fs";
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
/**
 * The others hold times against limits. A disk that stands still would be one more answer (hunt says so, and plays
 * the run again), so their backends are in memory where there is room: some 0.5 GB each, one at a time.
 */
const memory = "/dev/shm";
const roomBytes = 4e9;
const inMemory = bytesFree(memory) > roomBytes ? { TMPDIR: memory } : {};

function bytesFree(folder: string): number {
  if (!existsSync(folder)) return 0;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Of the unit tests: those that start programs, and those that compute for seconds. */
const slow = ["src/**/*.engine.test.ts", "src/**/*.long.test.ts"];
const unitTimeouts = { testTimeout: 30_000, hookTimeout: 60_000 };
const e2eTimeouts = { testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/setup/*.test.ts", "test/fake-lane/*.test.ts"],
          exclude: slow,
          setupFiles: ["test/setup/refuse-programs.ts"],
          // Nothing is started, and hardly anything is kept in a module: one worker reads each file once.
          isolate: false,
          pool: "threads",
          ...unitTimeouts,
        },
      },
      {
        test: {
          name: "slow",
          // The worlds start nothing, but play for a minute.
          include: [...slow, "test/simulation/**/*.test.ts"],
          ...unitTimeouts,
        },
      },
      { test: { name: "checks", include: ["test/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "outcomes", include: outcomes, ...e2eTimeouts } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: outcomes,
          env: inMemory,
          ...e2eTimeouts,
        },
      },
    ],
  },
});
