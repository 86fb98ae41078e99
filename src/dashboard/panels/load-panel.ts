/** What was asked for and what was done: a generator that drops actions makes a server look fast. */
import { row } from "../look.ts";
import { quantity } from "../numbers.ts";
import type { Values } from "../snapshot.ts";
import { chartLines, type Panel } from "./panel.ts";

/** The newest second of a line that was handed over: the last ones are still on their way. */
function newest(values: Values): number | null {
  return values.slice(-4).findLast((value) => value !== null) ?? null;
}

export const loadPanel: Panel = {
  title: "players and load",
  lines: (snapshot, context) => {
    const { look, width, height } = context;
    const rows = snapshot.actions.map((action) => {
      const { dropped, fail, unknown } = snapshot.totals(action);
      const rate = (values: Values) => quantity(newest(values), "/s");
      const missed = dropped + fail + unknown;
      return row(look, width, [
        [action.padEnd(14), "bold"],
        [` ${rate(snapshot.countLine(action, "ok"))}`, "green"],
        [` of ${rate(snapshot.countLine(action, "intended"))}`, "dim"],
        [`  drop ${dropped} fail ${fail} unk ${unknown}`, missed > 0 ? "yellow" : "dim"],
      ]);
    });
    const planned = snapshot.actions.find((action) =>
      snapshot.plannedLine(action).some((value) => value !== null),
    );
    const players = snapshot.value({ kind: "gauge", series: "generator.players" });
    const lines = [
      ...rows,
      row(look, width, [
        `players ${players ?? "-"}; chart: ok`,
        planned === undefined ? "" : " and plan",
      ]),
    ];
    const shown = planned ?? snapshot.actions[0] ?? "";
    return [
      ...lines,
      ...chartLines(snapshot, context, {
        id: "load",
        height: height - lines.length,
        lines: [
          { values: snapshot.plannedLine(shown), colour: "dim" },
          { values: snapshot.countLine(shown, "ok"), colour: "green" },
        ],
        axis: (value) => quantity(value, "/s"),
      }),
    ];
  },
};
