/** Windows of run seconds, by the second of the intended start. */

/** Whole seconds, `startS` included, `endS` not. */
export interface SecondRange {
  readonly startS: number;
  readonly endS: number;
}

/** Ranges that do not overlap, in time order. Empty: no second at all. */
export type SecondWindow = readonly SecondRange[];

export function lengthS(window: SecondWindow): number {
  return window.reduce((sum, range) => sum + Math.max(0, range.endS - range.startS), 0);
}

export function contains(window: SecondWindow, second: number): boolean {
  return window.some((range) => second >= range.startS && second < range.endS);
}

/** Ranges that follow each other, as one. */
export function joined(window: SecondWindow): SecondRange[] {
  const result: { startS: number; endS: number }[] = [];
  for (const { startS, endS } of window) {
    const last = result.at(-1);
    if (last !== undefined && last.endS === startS) last.endS = endS;
    else result.push({ startS, endS });
  }
  return result;
}
