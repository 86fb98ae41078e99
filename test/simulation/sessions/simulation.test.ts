/** The session log's core as it is, in seeded worlds (docs/simulation.md). */
import { expect, test } from "vitest";
import { simulate } from "./simulate.ts";
import { testWorlds } from "./test-worlds.ts";

testWorlds({ from: 1, seeds: 1000 });

test("a world runs the same way twice for the same seed, and another way for another one", () => {
  expect(simulate(7).hash).toBe(simulate(7, { tellsStory: true }).hash);
  expect(simulate(7).hash).not.toBe(simulate(8).hash);
});
