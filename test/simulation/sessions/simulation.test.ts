/** The session log's core as it is, in seeded worlds (docs/simulation.md). */
import { expect, test } from "vitest";
import { neverHappened, simulateMany } from "./many-seeds.ts";
import { simulate } from "./simulate.ts";

test("the session log keeps its promises in 2,000 worlds, in which everything happens", () => {
  const { failures, coverage } = simulateMany({ from: 1, seeds: 2000 });
  expect(failures).toEqual([]);
  expect(neverHappened(coverage)).toEqual([]);
}, 120_000);

test("a world runs the same way twice for the same seed, and another way for another one", () => {
  expect(simulate(7).hash).toBe(simulate(7, { tellsStory: true }).hash);
  expect(simulate(7).hash).not.toBe(simulate(8).hash);
});
