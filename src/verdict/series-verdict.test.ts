import { expect, test } from "vitest";
import { seriesExitCode } from "./series-verdict.ts";
import type { Verdict } from "./summary-document.ts";

const cases: readonly [string, readonly Verdict["outcome"][], number][] = [
  ["a single pass passes", ["pass"], 0],
  ["one broken guarantee among passes is broken", ["pass", "pass", "broken"], 5],
  ["one breach among three runs does not decide", ["pass", "breach", "pass"], 0],
  ["two breaches of three do", ["breach", "pass", "breach"], 99],
  ["a tie goes to the worse outcome", ["pass", "breach"], 99],
  ["a tie of pass and inconclusive is not a pass", ["pass", "inconclusive"], 4],
  ["no run at all could not tell anything", [], 4],
];

test.each(cases)("%s", (_, outcomes, expected) => {
  const verdicts = outcomes.map((outcome) => ({ outcome, exitCode: 0 as const, reasons: [] }));
  expect(seriesExitCode(verdicts)).toBe(expected);
});
