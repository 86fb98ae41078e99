/** Numbers for people. */

/** `12,345`. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

export function bytes(value: number | null): string {
  if (value === null) return "-";
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} GB`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} MB`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} KB`;
  return `${short(value)} B`;
}

/** Four significant digits. */
export function short(value: number | null): string {
  return value === null ? "-" : String(Number(value.toPrecision(4)));
}
