/** The session log's core in seeded worlds: as it is, and with each rule taken out (docs/simulation.md). */
import { describe, expect, test } from "vitest";
import { NOTHING_REMOVED } from "./rule-removal.ts";
import { RULE_REMOVALS } from "./rule-removals.ts";
import { simulate } from "./simulate.ts";

const SEEDS = 400;
const SEARCHED_MAX = 400;

describe("the session log", () => {
  test(`keeps its promises in ${SEEDS} worlds`, () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { failure } = simulate(seed);
      if (failure !== undefined) failures.push(`seed ${seed}: ${failure.message}`);
    }
    expect(failures).toEqual([]);
  });

  test("runs the same way twice for the same seed, and another way for another one", () => {
    expect(simulate(7).hash).toBe(simulate(7, { tellsStory: true }).hash);
    expect(simulate(7).hash).not.toBe(simulate(8).hash);
  });
});

describe("a rule taken out is noticed", () => {
  test.each(RULE_REMOVALS.map((removal) => ({ ...removal })))("rule $rule: $name", (removal) => {
    const found: string[] = [];
    for (let seed = 1; seed <= SEARCHED_MAX; seed++) {
      const { failure } = simulate(seed, { removal });
      if (failure === undefined) continue;
      found.push(failure.check);
      if (removal.caughtBy.includes(failure.check)) {
        const settings = removal.settings ?? {};
        expect(simulate(seed, { removal: { ...NOTHING_REMOVED, settings } }).failure).toBe(
          undefined,
        );
        return;
      }
    }
    expect.fail(`not noticed by ${removal.caughtBy.join(", ")} but by ${found.join(", ")}`);
  });
});
