/**
 * The live checker: a process of its own that follows a run's files and prints once a second what it found.
 *
 *   node main.js --folder RUN --lane LANE...
 *
 * SIGTERM lets it read the files to their ends, for a moment at most. Nothing depends on it: the verdict
 * is made from the folder, after the load.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FollowedFaults } from "../../checkers/live/followed-faults.ts";
import type { LiveCheck } from "../../checkers/live/live-check.ts";
import type { LiveLine } from "../../checkers/live/live-report.ts";
import { readRunEntry } from "../../recording/read-run-document.ts";
import { runFile } from "../../recording/run-folder.ts";
import { laneEvidences } from "../evidence.ts";

const everyMs = 1_000;
/** Between two parts of what was already there: others may want the core. */
const breathMs = 10;
const endsWithinMs = 1_500;

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: "" },
    lane: { type: "string", multiple: true, default: [] },
  },
});
const { folder, run } = await readRunEntry(values.folder);
const faults = new FollowedFaults(runFile(folder, "timeline"), run);
const checks = laneEvidences.flatMap(({ lane, live }) =>
  values.lane.includes(lane) && live !== undefined
    ? [{ lane, check: live.begin(folder, () => faults.windows(lane)) }]
    : [],
);
const asked = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => asked.abort());

await follow();
await readToTheEnd();
for (const { check } of checks) await check.close();

async function follow(): Promise<void> {
  let dueMs = performance.now();
  while (!asked.signal.aborted) {
    await faults.readOn();
    const isDone = await step(checks.map(({ check }) => check));
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
  const left = () => checks.map(({ check }) => check).filter(({ isOver }) => !isOver);
  while (left().length > 0 && performance.now() < untilMs) {
    if (await step(left())) await sleep(breathMs);
  }
  tell();
}

/** True when all have read what there is. */
async function step(all: readonly LiveCheck[]): Promise<boolean> {
  let isDone = true;
  for (const check of all) isDone = (await check.step(performance.now())) && isDone;
  return isDone;
}

function tell(): void {
  for (const { lane, check } of checks) {
    for (const violation of check.news()) print({ lane, violation });
    print({ lane, counts: check.counts(performance.now()) });
  }
}

function print(line: LiveLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
