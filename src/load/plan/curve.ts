/**
 * Arithmetic of piecewise-linear curves. Before its first point a curve has the first value, after
 * its last point the last one; two points at one time are a step, and the later one holds from then
 * on. `native/k6/plan` computes the same, and `test/fixtures/load-plan/` holds both to it.
 */
import type { CurvePoint } from "./load-plan.ts";

export function valueAt(curve: readonly CurvePoint[], atS: number): number {
  return valueBetween(
    curve,
    atS,
    firstIndex(curve, (pointS) => pointS > atS),
  );
}

/** The area under the curve from `fromS` to `toS`: for a rate, the count that is due in that time. */
export function integrate(curve: readonly CurvePoint[], fromS: number, toS: number): number {
  if (!(toS > fromS)) return 0;
  const firstCut = firstIndex(curve, (pointS) => pointS > fromS);
  const cuts = curve.slice(
    firstCut,
    firstIndex(curve, (pointS) => pointS >= toS),
  );
  let area = 0;
  let left: CurvePoint = [fromS, valueAt(curve, fromS)];
  for (const cut of cuts) {
    area += trapezoid(left, cut);
    left = cut;
  }
  return area + trapezoid(left, [toS, valueBefore(curve, toS)]);
}

/** The highest value of the curve. */
export function peak(curve: readonly CurvePoint[]): number {
  return curve.reduce((highest, [, value]) => Math.max(highest, value), 0);
}

/** The highest value from `fromS` to just before `toS`, or what the curve comes up to there. */
export function peakBetween(curve: readonly CurvePoint[], fromS: number, toS: number): number {
  const inside = curve.filter(([atS]) => atS > fromS && atS < toS);
  return Math.max(valueAt(curve, fromS), peak(inside), valueBefore(curve, toS));
}

/** The value just before `atS`: at a step, the one that ends there. */
function valueBefore(curve: readonly CurvePoint[], atS: number): number {
  return valueBetween(
    curve,
    atS,
    firstIndex(curve, (pointS) => pointS >= atS),
  );
}

/** The value at `atS`, which lies before the point of that index and not before the one ahead of it. */
function valueBetween(curve: readonly CurvePoint[], atS: number, index: number): number {
  const [left, right] = [curve[index - 1], curve[index]];
  if (right === undefined) return left === undefined ? 0 : left[1];
  return left === undefined ? right[1] : between(left, right, atS);
}

/**
 * The first point whose time is past what is asked, by halving: a recording has many points, and each
 * second of the plan asks.
 */
function firstIndex(curve: readonly CurvePoint[], isPast: (pointS: number) => boolean): number {
  let [low, high] = [0, curve.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const point = curve[middle];
    if (point !== undefined && isPast(point[0])) high = middle;
    else low = middle + 1;
  }
  return low;
}

function between(left: CurvePoint, right: CurvePoint, atS: number): number {
  const widthS = right[0] - left[0];
  if (widthS <= 0) return right[1];
  return left[1] + ((right[1] - left[1]) * (atS - left[0])) / widthS;
}

function trapezoid(left: CurvePoint, right: CurvePoint): number {
  return ((left[1] + right[1]) / 2) * (right[0] - left[0]);
}
