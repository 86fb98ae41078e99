/** Response time of one action per second: p50, p99, p99.9, with its budget. */

import type { Percentile } from "../../metrics/histogram/latency-histogram.ts";
import type { PanelSource } from "../../metrics/panel.ts";
import { optional } from "../../optional.ts";
import { quantity } from "../charts/numbers.ts";
import { row } from "../frame/look.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { chartLines, type Panel } from "./panel.ts";

export function latencyPanel(action: string): Panel {
  const source = (percentile: Percentile): PanelSource => {
    return { kind: "percentile", series: `${action}.response`, percentile };
  };
  return {
    title: `latency ${action}`,
    lines: (snapshot, context) => {
      const { look, width, height } = context;
      const limit = limitOf(snapshot, action);
      const figure = (percentile: Percentile) => quantity(snapshot.value(source(percentile)), "ms");
      const line = (percentile: Percentile) => snapshot.line(source(percentile));
      // Where there is little room the figures go first and units last.
      const unit = width < 50 ? "" : "ms";
      const short = (percentile: Percentile) => figure(percentile).replace(/ms$/, unit);
      const head = row(look, width, [
        [`p50 ${short("p50")}`, "green"],
        [` p99 ${short("p99")}`, "yellow"],
        [` p99.9 ${short("p999")}`, "magenta"],
        limit === undefined
          ? ""
          : [` ${unit === "" ? "lim" : "limit"} ${Number(limit.toPrecision(3))}${unit}`, "red"],
        unit === "" ? " ms" : "",
      ]);
      const open = snapshot.openSeconds(action);
      return [
        head,
        ...chartLines(snapshot, context, {
          id: action,
          height: height - 1,
          lines: [
            { values: line("p999"), colour: "magenta" },
            { values: line("p50"), colour: "green" },
            { values: line("p99"), colour: "yellow" },
          ],
          axis: (value) => quantity(value, "ms"),
          logarithmic: true,
          ...optional({ budget: limit }),
          extraMarks: open.map((t) => ({ t, glyph: "~", colour: "yellow" })),
        }),
      ];
    },
  };
}

/** Of the budget on this action's p99, else on another percentile of it. */
function limitOf(snapshot: Snapshot, action: string): number | undefined {
  const own = snapshot.budgets.filter(({ subject, unit }) => {
    return (
      unit === "ms" && subject.kind === "action" && `${subject.lane}.${subject.action}` === action
    );
  });
  const found = own.find(({ subject }) => "figure" in subject && subject.figure === "p99");
  return (found ?? own[0])?.limit;
}
