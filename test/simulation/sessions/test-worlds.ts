/** For tests: many worlds, some hundred a test, so that a machine which others use too ends none by its time limit. */
import { expect, test } from "vitest";
import {
  type ManyResults,
  merge,
  neverHappened,
  type SeedRange,
  simulateMany,
} from "./many-seeds.ts";

const worldsPerTest = 250;

export function testWorlds({ from, seeds }: SeedRange): void {
  const played: ManyResults[] = [];
  const starts = Array.from({ length: seeds / worldsPerTest }, (_, i) => from + i * worldsPerTest);

  test.each(starts)(
    `the session log keeps its promises in the ${worldsPerTest} worlds from seed %i`,
    (start) => {
      const results = simulateMany({ from: start, seeds: worldsPerTest });
      played.push(results);
      expect(results.failures).toEqual([]);
    },
    120_000,
  );

  test(`everything happens in the ${seeds} worlds from seed ${from}`, () => {
    const { seeds: worlds, coverage } = merge(played);
    expect(worlds).toBe(seeds);
    expect(neverHappened(coverage)).toEqual([]);
  });
}
