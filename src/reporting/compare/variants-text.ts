/** A drill that was played with several variants of a setting: a row for each. */
import { short } from "../../metrics/quantity.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { milliseconds } from "../text/quantity.ts";
import { textTable } from "../text/text-table.ts";

export function variantsText(runs: readonly Summary[]): string {
  const rows = runs.map((run) => {
    const { drill, faults } = run;
    const waits = faults.flatMap(({ gapS }) => gapS ?? []);
    const until = drill?.mitigatedAfterS ?? null;
    const perMinute =
      drill === null || drill.elections === null || until === null || until === 0
        ? "-"
        : short((60 * drill.elections) / until);
    const values = variantsOf(run).map(({ value, unit }) => `${value} ${unit}`);
    return [
      values.length === 0 ? "-" : values.join(", "),
      String(drill?.elections ?? "-"),
      perMinute,
      waits.length === 0 ? "-" : milliseconds(1000 * Math.max(...waits)),
      drill?.recoveredAfterS == null ? "never" : `${short(drill.recoveredAfterS)} s`,
      String(drill?.score ?? "-"),
      run.verdict.outcome,
    ];
  });
  const names = new Set(runs.flatMap(variantsOf).map(({ what }) => what));
  const heads = [
    [...names].join(", "),
    "elections",
    "a minute",
    "longest wait ms",
    "steady after",
    "score",
    "verdict",
  ];
  return `${["", ...textTable(heads, rows), "The last one decides the exit code."].join("\n")}\n`;
}

function variantsOf({ lanes }: Summary) {
  return Object.values(lanes).flatMap(({ variant }) => variant ?? []);
}
