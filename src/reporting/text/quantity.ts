/** Numbers for people: three or four digits and a unit, "-" where nothing was measured. */
import { bytes, short } from "../../metrics/quantity.ts";
import type { BudgetResult, LatencyResult } from "../../verdict/summary-document.ts";

export function milliseconds(value: number | null): string {
  if (value === null) return "-";
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}

/** `+35 %, 2 s left out`: the room left, and how many seconds it does not rest on. */
export function marginText({ margin, leftOutS }: BudgetResult): string {
  return leftOutS === undefined
    ? signedPercent(margin)
    : `${signedPercent(margin)}, ${leftOutS} s left out`;
}

/** `+35 %`, `-12 %`. */
function signedPercent(share: number | null): string {
  if (share === null) return "-";
  const percent = Math.round(100 * share);
  return `${percent < 0 ? "" : "+"}${percent} %`;
}

/** A figure's name says its unit, as every name does. */
export function figureText(name: string, value: number | null): string {
  if (name.includes("Bytes")) return bytes(value);
  if (name.endsWith("Rate") || name.endsWith("Share"))
    return value === null ? "-" : `${short(100 * value)} %`;
  return short(value);
}

/** A budget's number in the budget's unit; bytes as people write them. */
export function withUnit(value: number | null, unit: BudgetResult["unit"]): string {
  if (value === null) return "-";
  if (unit === "bytes") return bytes(value);
  return unit === "count" ? short(value) : `${short(value)} ${unit}`;
}

/** The percentiles of a figure that is not a time. */
export function gaugeText(name: string, { p50, p99, max }: LatencyResult): string {
  return `p50 ${figureText(name, p50)}, p99 ${figureText(name, p99)}, max ${figureText(name, max)}`;
}

/** A figure with percentiles, not a single number. */
export function isLatency(value: LatencyResult | number | null): value is LatencyResult {
  return typeof value === "object" && value !== null;
}

/** `+1.2 (+35 %)`: how much more it is than `base`, in the figure's own unit. */
export function differenceText(name: string, base: number | null, value: number | null): string {
  if (base === null || value === null) return "-";
  const difference = value - base;
  if (difference === 0) return "0";
  const sign = difference < 0 ? "-" : "+";
  const size = figureText(name, Math.abs(difference)).replace(/ %$/, " points");
  return base === 0 ? `${sign}${size}` : `${sign}${size} (${changeText(base, value)})`;
}

/** `+35 %`, of `base`. */
export function changeText(base: number | null, value: number | null): string {
  if (base === null || value === null || base === 0) return base === value ? "0 %" : "-";
  const percent = (100 * (value - base)) / Math.abs(base);
  const digits = Math.abs(percent) < 10 ? 1 : 0;
  const rounded = Number(percent.toFixed(digits));
  return `${rounded > 0 ? "+" : ""}${rounded === 0 ? 0 : rounded} %`;
}

/** A ratio of two noisy medians deserves no more than two digits. */
export function timesText(ratio: number | null): string {
  if (ratio === null) return "-";
  return `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}x`;
}
