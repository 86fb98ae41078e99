/**
 * `npm run simulate`: runs seeds on every core and says what happened. Exits 1 when a seed fails, or
 * when something that must be tried never happened. See docs/simulation.md.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import {
  type ManyResults,
  merge,
  neverHappened,
  type SeedRange,
  simulateMany,
} from "./many-seeds.ts";
import { ruleRemovals } from "./rules/rule-removals.ts";
import { simulate } from "./simulate.ts";

const storyLines = 60;
/** Fewer seeds need not meet everything. */
const coveringSeeds = 500;

interface Task extends SeedRange {
  readonly ruleOut: string | undefined;
}

if (isMainThread) process.exitCode = await main();
else {
  const { from, seeds, ruleOut } = workerData as Task;
  parentPort?.postMessage(simulateMany({ from, seeds }, removalOf(ruleOut)));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      trace: { type: "boolean", default: false },
      "rule-out": { type: "string" },
    },
  });
  const ruleOut = values["rule-out"];
  if (ruleOut !== undefined && removalOf(ruleOut) === undefined) {
    const names = ruleRemovals.map(({ rule, name }) => `${rule} ${name}`).join("\n");
    process.stderr.write(`no rule is taken out by that name; known are\n${names}\n`);
    return 2;
  }
  if (values.seed !== undefined) return tellOne(Number(values.seed), ruleOut, values.trace);
  return await runMany({ from: Number(values.from), seeds: Number(values.seeds), ruleOut });
}

function removalOf(name: string | undefined) {
  return ruleRemovals.find((removal) => removal.name === name);
}

function tellOne(seed: number, ruleOut: string | undefined, whole: boolean): number {
  const removal = removalOf(ruleOut);
  const result = simulate(seed, { tellsStory: true, ...(removal && { removal }) });
  const lines = whole ? result.story : result.story.slice(-storyLines);
  process.stdout.write(`${lines.join("\n")}\n`);
  const outcome = result.failure === undefined ? "passed" : `FAILED ${result.failure.message}`;
  process.stdout.write(`seed ${seed}: ${outcome}; hash ${result.hash.toString(16)}\n`);
  return result.failure === undefined ? 0 : 1;
}

async function runMany({ from, seeds, ruleOut }: Task): Promise<number> {
  const startMs = performance.now();
  const workers = Math.max(1, Math.min(availableParallelism(), seeds));
  const each = Math.ceil(seeds / workers);
  const parts = Array.from({ length: workers }, (_, place) => {
    const first = from + place * each;
    return { from: first, seeds: Math.max(0, Math.min(each, from + seeds - first)), ruleOut };
  });
  const sum = merge(await Promise.all(parts.map(runPart)));
  const tookS = (performance.now() - startMs) / 1000;
  const counts = Object.entries(sum.coverage).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(
    `${sum.seeds} seeds from ${from} in ${tookS.toFixed(1)} s (${Math.round(sum.seeds / tookS)}/s), ` +
      `${sum.operations} operations, ${sum.failures.length} failed\n${counts.join(", ")}\n`,
  );
  for (const { seed, message } of sum.failures.slice(0, 10)) {
    process.stdout.write(`seed ${seed}: ${message}\n`);
  }
  const [first] = sum.failures;
  if (first !== undefined) return tellOne(first.seed, ruleOut, false);
  const missing = seeds < coveringSeeds ? [] : neverHappened(sum.coverage);
  if (missing.length > 0) process.stdout.write(`vacuous: never happened: ${missing.join(", ")}\n`);
  return missing.length > 0 ? 1 : 0;
}

function runPart(task: Task): Promise<ManyResults> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
