/**
 * The live checker: a process of its own that follows a run's files and prints once a second what it found.
 *
 *   node main.js --ledger PATH --audit PATH --timeline PATH
 *
 * SIGTERM lets it read both files to their ends, for a moment at most. Nothing depends on it: the verdict
 * is made from the folder, after the load.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FollowedFaults } from "./followed-faults.ts";
import { LiveLogCheck } from "./live-log-check.ts";
import type { LiveLine } from "./live-report.ts";

const everyMs = 1_000;
/** Between two parts of what was already there: others may want the core. */
const breathMs = 10;
const endsWithinMs = 1_500;

const path = { type: "string", default: "" } as const;
const { values } = parseArgs({ options: { ledger: path, audit: path, timeline: path } });
const faults = new FollowedFaults(values.timeline);
const check = new LiveLogCheck(values, () => faults.windows());
const asked = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => asked.abort());

await follow();
await readToTheEnd();
await check.close();

async function follow(): Promise<void> {
  let dueMs = performance.now();
  while (!asked.signal.aborted) {
    await faults.readOn();
    const isDone = await check.step(performance.now());
    if (performance.now() >= dueMs) {
      dueMs = performance.now() + everyMs;
      tell();
    }
    const restMs = isDone ? dueMs - performance.now() : breathMs;
    await sleep(Math.max(0, restMs), undefined, { signal: asked.signal }).catch(() => {});
  }
}

/** The writers have ended, or are about to. */
async function readToTheEnd(): Promise<void> {
  const untilMs = performance.now() + endsWithinMs;
  while (!check.isOver && performance.now() < untilMs) {
    const isDone = await check.step(performance.now());
    if (isDone) await sleep(breathMs);
  }
  tell();
}

function tell(): void {
  for (const violation of check.news()) print({ violation });
  print({ counts: check.counts(performance.now()) });
}

function print(line: LiveLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
