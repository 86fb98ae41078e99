/**
 * A day has 86,400 seconds, and no screen as many columns: of so many seconds as share a point the lowest and the
 * highest value are kept, in the order in which they came, so that one bad second still stands out.
 */

export type Values = readonly (number | null)[];

/** How many seconds make a pair of points; 1: each second is a point of its own. */
export function secondsPerPair(seconds: number, mostPoints: number): number {
  return seconds <= mostPoints ? 1 : Math.ceil((2 * seconds) / mostPoints);
}

/** Where the points stand: the first of each pair at its first second, the other one half way to the next. */
export function thinnedSeconds(seconds: number, perPair: number): number[] {
  if (perPair === 1) return Array.from({ length: seconds }, (_, second) => second);
  const pairs = Math.ceil(seconds / perPair);
  return Array.from({ length: 2 * pairs }, (_, point) => (point * perPair) / 2);
}

/** A gap where no second of a pair has a value. */
export function thinned(values: Values, perPair: number): Values {
  if (perPair === 1) return values;
  const points: (number | null)[] = [];
  for (let from = 0; from < values.length; from += perPair) {
    let lowest: { readonly value: number; readonly at: number } | undefined;
    let highest: { readonly value: number; readonly at: number } | undefined;
    for (let at = from; at < Math.min(values.length, from + perPair); at += 1) {
      const value = values[at];
      if (value === null || value === undefined) continue;
      if (lowest === undefined || value < lowest.value) lowest = { value, at };
      if (highest === undefined || value > highest.value) highest = { value, at };
    }
    if (lowest === undefined || highest === undefined) points.push(null, null);
    else if (lowest.at <= highest.at) points.push(lowest.value, highest.value);
    else points.push(highest.value, lowest.value);
  }
  return points;
}
