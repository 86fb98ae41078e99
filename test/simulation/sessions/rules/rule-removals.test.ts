/** Each rule taken out makes some seed fail, by a check that is there for it; the core itself passes that seed. */
import { expect, test } from "vitest";
import { simulate } from "../simulate.ts";
import { nothingRemoved, type RuleRemoval } from "./rule-removal.ts";
import { ruleRemovals } from "./rule-removals.ts";

const searchedMax = 600;

function firstNoticed(removal: RuleRemoval): { seed: number; others: readonly string[] } {
  const { firstSeed = 1, caughtBy } = removal;
  const others: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + searchedMax; seed += 1) {
    const { failure } = simulate(seed, { removal });
    if (failure === undefined) continue;
    if (caughtBy.includes(failure.check)) return { seed, others };
    others.push(failure.check);
  }
  throw new Error(
    `none of ${caughtBy.join(", ")} in ${searchedMax} seeds, but ${others.join(", ")}`,
  );
}

test.each(ruleRemovals)(
  "rule $rule taken out is noticed: $name",
  (removal) => {
    const { seed } = firstNoticed(removal);
    const settings = removal.settings ?? {};
    const intact = simulate(seed, { removal: { ...nothingRemoved, settings } });
    expect(intact.failure).toBe(undefined);
  },
  60_000,
);

test("every rule is taken out by something", () => {
  const rules = new Set(ruleRemovals.map(({ rule }) => rule));
  const missing = Array.from({ length: 23 }, (_, i) => i + 1).filter((rule) => !rules.has(rule));
  expect(missing).toEqual([]);
});
