/** What was asked for and what was done: a generator that drops actions makes a server look fast. */
import type { ActionCounts } from "../../metrics/action-counts.ts";
import { quantity } from "../charts/numbers.ts";
import { row } from "../frame/look.ts";
import type { Values } from "../model/snapshot.ts";
import { chartLines, type Panel } from "./panel.ts";

/** The newest second of a line that was handed over: the last ones are still on their way. */
function newest(values: Values): number | null {
  return values.slice(-4).findLast((value) => value !== null) ?? null;
}

/** Rows of the chart and the line above it. */
const chartHeightMin = 7;
/** Below that the lane's name and counts that are 0 are left out. */
const wideEnough = 56;

/** What was not acknowledged: each count, those that are not 0, or their sum, as there is room. */
function missedText({ dropped, fail, unknown }: ActionCounts, room: number): string {
  const parts = [
    { name: "drop", count: dropped },
    { name: "fail", count: fail },
    { name: "unk", count: unknown },
  ];
  const text = (shown: typeof parts) =>
    shown.map(({ name, count }) => `${name} ${count}`).join(" ");
  const seen = parts.filter(({ count }) => count > 0);
  const fitting = [text(parts), text(seen)].find((each) => each !== "" && each.length <= room);
  return fitting ?? `missed ${dropped + fail + unknown}`;
}

export const loadPanel: Panel = {
  title: "players and load",
  lines: (snapshot, context) => {
    const { look, width, height } = context;
    // Those of each network have their latency panels; here they come where they leave room for the chart.
    const actions =
      height - snapshot.actions.length > chartHeightMin ? snapshot.actions : snapshot.wholeActions;
    const longest = Math.max(...actions.map((action) => action.length));
    const rows = actions.map((action) => {
      const counts = snapshot.totals(action);
      const rate = (values: Values) => quantity(newest(values), "/s");
      const name =
        width < wideEnough
          ? (action.split(".").at(-1) ?? action).padEnd(5)
          : action.padEnd(longest);
      const ok = ` ${rate(snapshot.countLine(action, "ok"))}`;
      const of = ` of ${rate(snapshot.countLine(action, "intended"))}`;
      const room = width - name.length - ok.length - of.length - 2;
      const missed = counts.dropped + counts.fail + counts.unknown;
      return row(look, width, [
        [name, "bold"],
        [ok, "green"],
        [of, "dim"],
        [`  ${missedText(counts, room)}`, missed > 0 ? "yellow" : "dim"],
      ]);
    });
    const planned = snapshot.wholeActions.find((action) =>
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
    const shown = planned ?? snapshot.wholeActions[0] ?? "";
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
