import { expect, test } from "vitest";
import { nearestWord, suggestionFor } from "./suggestion.ts";

const phases = ["warmup", "ramp", "spike", "steady"];

test.each([
  ["stedy", "steady"],
  ["tseady", "steady"],
  ["STEADY", "steady"],
  ["rampp", "ramp"],
  ["speak", undefined],
  ["cooldown", undefined],
  ["", undefined],
])("of the known words, the nearest to '%s' is %s", (word, nearest) => {
  expect(nearestWord(word, phases)).toBe(nearest);
});

test("a suggestion names the nearest word, or all of them when none is near", () => {
  expect(suggestionFor("spkie", phases)).toBe("Did you mean 'spike'?");
  expect(suggestionFor("x1", ["a", "b"])).toBe("There is: a, b.");
});
