/** A figure that was measured beside the one to be reached. */
export interface Reading {
  readonly what: string;
  readonly value: number | null;
  readonly limit: string;
  readonly reached: boolean;
}

export function atMost(what: string, value: number | null | undefined, limit: number): Reading {
  const known = value ?? null;
  return { what, value: known, limit: `<= ${limit}`, reached: known !== null && known <= limit };
}

export function atLeast(what: string, value: number | null | undefined, limit: number): Reading {
  const known = value ?? null;
  return { what, value: known, limit: `>= ${limit}`, reached: known !== null && known >= limit };
}

export function printReadings(readings: readonly Reading[]): void {
  for (const { what, value, limit, reached } of readings) {
    const shown = value === null ? "-" : value.toFixed(value < 10 ? 2 : 1);
    process.stdout.write(`${reached ? "ok  " : "MISS"} ${what}: ${shown} (${limit})\n`);
  }
}
