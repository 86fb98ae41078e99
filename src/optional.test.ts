import { expect, test } from "vitest";
import { optional } from "./optional.ts";

test("a property without a value is left out, and every other value stays", () => {
  const given = { players: undefined, rate: 0, name: "", storm: null, faults: false };
  const kept = optional(given);
  expect(Object.keys(kept)).toEqual(["rate", "name", "storm", "faults"]);
  expect(kept).toEqual({ rate: 0, name: "", storm: null, faults: false });
});
