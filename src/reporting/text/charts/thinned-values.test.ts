import { expect, test } from "vitest";
import { secondsPerPair, thinned, thinnedSeconds } from "./thinned-values.ts";

test("of a run of a day each point stands for some seconds, and the worst one is still there", () => {
  const day = 86_400;
  const values = Array.from({ length: day }, (_, second) => (second === 40_000 ? 900 : 5));
  const perPair = secondsPerPair(day, 4000);
  const points = thinned(values, perPair);
  expect(points.length).toBeLessThanOrEqual(4000);
  expect(thinnedSeconds(day, perPair)).toHaveLength(points.length);
  expect(Math.max(...points.map(Number))).toBe(900);
});

test("lowest and highest keep their order, and a gap stays one", () => {
  expect(thinned([1, null, 3, 9, 4, 2, null, null, null, 7], 3)).toEqual([
    1,
    3,
    9,
    2,
    null,
    null,
    7,
    7,
  ]);
});

test("a short run is drawn second by second", () => {
  expect(secondsPerPair(3600, 4000)).toBe(1);
  expect(thinnedSeconds(3, 1)).toEqual([0, 1, 2]);
  expect(thinned([1, null, 2], 1)).toEqual([1, null, 2]);
});
