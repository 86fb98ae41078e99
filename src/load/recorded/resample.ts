/**
 * A recording as a curve of the plan. Where rows are a second of the plan apart or more, each is a point
 * of the curve. Where they are closer, each second has the mean of its time, so that the total and the
 * waves stay. A second with a row of at least half the recording's peak has its highest row instead: a
 * peak of some milliseconds is none for the backend, and its mean would hide it.
 */
import { integrate, peak } from "../plan/curve.ts";
import type { CurvePoint } from "../plan/load-plan.ts";
import { planLimits } from "../plan/validate-plan.ts";

export interface Resampled {
  readonly curve: readonly CurvePoint[];
  /** Absent when each row is a point of the curve. */
  readonly cells?: {
    /** A second, or more in a plan so long that its curve would have too many points. */
    readonly cellS: number;
    /** How many have their highest row. */
    readonly withPeak: number;
  };
}

/** Rows are spread over the plan by division, so a second may be a little less than one. */
const toleranceS = 1e-6;

/** @param rows In order of time, the first at 0 s and the last at `durationS`, which is whole seconds. */
export function resample(rows: readonly CurvePoint[], durationS: number): Resampled {
  const cellS = Math.ceil((2 * durationS + 2) / planLimits.curvePoints);
  const close = rows.some(
    ([atS], index) => atS - (rows[index - 1]?.[0] ?? -cellS) < cellS - toleranceS,
  );
  if (!close) return { curve: rows };
  const steps = stepsOf(rows);
  const highest = highestRows(rows, durationS, cellS);
  const least = peak(rows) / 2;
  let withPeak = 0;
  const curve = highest.flatMap((cellPeak, index): CurvePoint[] => {
    const fromS = index * cellS;
    const toS = Math.min(fromS + cellS, durationS);
    const kept = cellPeak >= least;
    if (kept) withPeak += 1;
    const value = kept ? cellPeak : integrate(steps, fromS, toS) / (toS - fromS);
    return [
      [fromS, value],
      [toS, value],
    ];
  });
  return { curve, cells: { cellS, withPeak } };
}

/** A row holds until the next one, so that none counts in the second before its own. */
function stepsOf(rows: readonly CurvePoint[]): CurvePoint[] {
  return rows.flatMap(([atS, value], index): CurvePoint[] => {
    const next = rows[index + 1];
    return next === undefined
      ? [[atS, value]]
      : [
          [atS, value],
          [next[0], value],
        ];
  });
}

/** Of each cell; 0 where it has no row. */
function highestRows(rows: readonly CurvePoint[], durationS: number, cellS: number): number[] {
  const highest = new Array<number>(Math.ceil(durationS / cellS)).fill(0);
  for (const [atS, value] of rows) {
    const cell = Math.min(Math.floor(atS / cellS), highest.length - 1);
    highest[cell] = Math.max(highest[cell] ?? 0, value);
  }
  return highest;
}
