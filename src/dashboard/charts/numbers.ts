/** Numbers in a few columns, "-" where nothing is known. */
import type { PanelUnit } from "../../metrics/panel.ts";

export function quantity(value: number | null, unit: PanelUnit): string {
  if (value === null) return "-";
  switch (unit) {
    case "leader":
      return value === 1 ? "leader" : "follower";
    case "bytes":
      return `${scaled(value)}B`;
    case "share":
      return `${(value * 100).toFixed(1)}%`;
    case "ms":
      return `${value < 100 ? value.toFixed(1) : Math.round(value)}ms`;
    case "/s":
      return `${value < 100 ? Number(value.toFixed(1)) : Math.round(value)}/s`;
    case "count":
      return Math.round(value).toString();
  }
}

function scaled(value: number): string {
  const [step, letter] = (
    [
      [1e9, "G"],
      [1e6, "M"],
      [1e3, "k"],
    ] as const
  ).find(([size]) => value >= size) ?? [1, ""];
  return `${Number((value / step).toPrecision(3))}${letter}`;
}
