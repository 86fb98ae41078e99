import { expect, test } from "vitest";
import { bucketsOf, parsePrometheusText, quantileBetween, totalOf } from "./prometheus-text.ts";

function parse(text: string, ...names: string[]) {
  return parsePrometheusText(text, new Set(names));
}

test("values are summed over label sets, and names that were not asked for are not read", () => {
  const samples = parse(
    `# HELP a_total Things.
# TYPE a_total counter
a_total{kind="one",path="C:\\\\x \\"y\\", {z}"} 1.5e+03
a_total{kind="two"} 2 1395066363000
a_total_other{broken 7
inf +Inf
`,
    "a_total",
    "inf",
  );
  expect(totalOf(samples, "a_total")).toBe(1502);
  expect(samples.get("a_total")?.[0]?.labels).toEqual({ kind: "one", path: 'C:\\x "y", {z}' });
  expect(totalOf(samples, "inf")).toBe(Number.POSITIVE_INFINITY);
  expect(totalOf(samples, "a_total_other")).toBeUndefined();
});

test.each(["a", "a x", 'a{b="c} 1', "a{b=c} 1"])(
  "a broken line of a wanted name is refused: %s",
  (line) => {
    expect(() => parse(line, "a")).toThrow();
  },
);

const histogram = (counts: readonly number[]) =>
  bucketsOf(
    parse(
      counts
        .map((count, index) => `h_bucket{le="${[0.001, 0.002, 0.004, "+Inf"][index]}"} ${count}`)
        .join("\n"),
      "h_bucket",
    ),
    "h",
  );

test.each<[string, number[], number[], number | undefined]>([
  ["within the first bucket", [0, 0, 0, 0], [100, 100, 100, 100], 0.00099],
  ["within a later bucket", [0, 0, 0, 0], [0, 0, 100, 100], 0.00398],
  [
    "only of what was observed in between",
    [1000, 1000, 1000, 1000],
    [1000, 1100, 1100, 1100],
    0.00199,
  ],
  ["at the last finite bound when it lies beyond", [0, 0, 0, 0], [0, 0, 0, 10], 0.004],
  ["missing when nothing was observed", [5, 5, 5, 5], [5, 5, 5, 5], undefined],
  ["missing after a restart", [5, 5, 9, 9], [6, 6, 6, 6], undefined],
])("p99 of a histogram is %s", (_, before, after, expected) => {
  const found = quantileBetween(histogram(before), histogram(after), 0.99);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toBeCloseTo(expected, 9);
});

test("the first reading of a histogram has no percentile", () => {
  expect(quantileBetween([], histogram([1, 1, 1, 1]), 0.99)).toBeUndefined();
});
