import { expect, test } from "vitest";
import { type Chart, drawChart, stickyBottom, stickyTop } from "./chart.ts";

const chart: Chart = {
  fromS: 0,
  windowS: 12,
  width: 20,
  height: 5,
  lines: [],
  top: 8,
  bottom: 0,
  axis: (value) => `${value}ms`,
  shaded: [],
  marks: [],
  look: { colour: false, unicode: false },
};

const line = (...values: readonly (number | null)[]) => [{ values, colour: "green" as const }];

test("leaves a gap where nothing was recorded and joins nothing across it", () => {
  const drawn = drawChart({ ...chart, lines: line(1, 1, 1, null, null, null, 1, 1, 1, 8, 8, 1) });
  expect(drawn).toEqual([
    "    8ms|         ***",
    "       |         * *",
    "       |         * *",
    "    0ms|***   **** *",
    "       +0s-------12s",
  ]);
});

test("keeps the smallest and the largest value of seconds that share a column", () => {
  const values = Array.from({ length: 120 }, (_, second) => (second === 65 ? 8 : 0));
  const drawn = drawChart({ ...chart, windowS: 120, lines: line(...values) });
  expect(drawn.map((text) => text[8 + 6])).toEqual(["*", "*", "*", "*", "-"]);
});

test("puts budget, marks and shades at their value and time, behind the line", () => {
  const drawn = drawChart({
    ...chart,
    lines: line(2, 2),
    budget: 6,
    shaded: [{ startS: 4, endS: 6 }],
    marks: [{ t: 8, glyph: "*", colour: "magenta" }],
  });
  expect(drawn).toEqual([
    "    8ms|    ::  |   ",
    "       |------------",
    "       |**  ::  |   ",
    "    0ms|    ::  |   ",
    "       +0s------*12s",
  ]);
});

test("draws times over decades: an outage of seconds leaves milliseconds readable", () => {
  const drawn = drawChart({
    ...chart,
    ...{ height: 6, bottom: 1, top: 10_000, budget: 100 },
    lines: line(2, 2, 2, 5000, 5000, 30, 30, 0.2, 0.2, null, 2, 2),
  });
  expect(drawn).toEqual([
    "10000ms|   ***      ",
    "       |   * *      ",
    "  100ms|---*-*------",
    "       |   * ***    ",
    "    1ms|****   ** **",
    "       +0s-------12s",
  ]);
});

test("draws braille where the terminal has it", () => {
  const look = { colour: false, unicode: true };
  const drawn = drawChart({ ...chart, look, width: 14, height: 3, windowS: 6, lines: line(0, 8) });
  expect(drawn).toEqual(["    8ms│ ⡏    ", "    0ms│⣀⡇    ", "       └0s──6s"]);
});

test("keeps an axis until values leave it or fall far below it", () => {
  expect(stickyTop(undefined, 7)).toBe(10);
  expect(stickyTop(10, 4)).toBe(10);
  expect(stickyTop(10, 12)).toBe(20);
  expect(stickyTop(20, 3)).toBe(5);
  expect(stickyBottom(undefined, Number.POSITIVE_INFINITY)).toBe(1);
  expect(stickyBottom(1, 3)).toBe(1);
  expect(stickyBottom(1, 0.25)).toBe(0.1);
});
