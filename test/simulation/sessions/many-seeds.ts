/** Many seeds in one process: sums of what happened, and the seeds that failed. */
import { optional } from "../../../src/optional.ts";
import { type CoverageCounts, coverageKeys } from "./coverage.ts";
import type { RuleRemoval } from "./rules/rule-removal.ts";
import { type RunResult, simulate } from "./simulate.ts";

const failuresMax = 20;

export interface SeedRange {
  readonly from: number;
  readonly seeds: number;
}

export interface ManyResults {
  seeds: number;
  operations: number;
  failures: { seed: number; message: string }[];
  coverage: Record<string, number>;
}

/** Stops early after 20 failures. */
export function simulateMany({ from, seeds }: SeedRange, removal?: RuleRemoval): ManyResults {
  const sum: ManyResults = { seeds: 0, operations: 0, failures: [], coverage: {} };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = simulate(seed, optional({ removal }));
    add(sum, result);
    if (sum.failures.length >= failuresMax) break;
  }
  return sum;
}

export function merge(all: readonly ManyResults[]): ManyResults {
  const sum: ManyResults = { seeds: 0, operations: 0, failures: [], coverage: {} };
  for (const one of all) {
    sum.seeds += one.seeds;
    sum.operations += one.operations;
    sum.failures.push(...one.failures);
    for (const [name, count] of Object.entries(one.coverage)) {
      sum.coverage[name] = (sum.coverage[name] ?? 0) + count;
    }
  }
  sum.failures.sort((a, b) => a.seed - b.seed);
  return sum;
}

/** What a run of many seeds must have tried, and never did. */
export function neverHappened(coverage: Readonly<Record<string, number>>): string[] {
  return coverageKeys.filter((name) => (coverage[name] ?? 0) === 0);
}

function add(sum: ManyResults, { seed, operations, failure, coverage }: RunResult): void {
  sum.seeds += 1;
  sum.operations += operations;
  if (failure !== undefined) sum.failures.push({ seed, message: failure.message });
  const counts: CoverageCounts = coverage;
  for (const name of coverageKeys) sum.coverage[name] = (sum.coverage[name] ?? 0) + counts[name];
}
