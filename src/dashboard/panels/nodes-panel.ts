/** State, CPU and memory of every node. */

import { quantity } from "../charts/numbers.ts";
import { type Colour, type Look, row } from "../frame/look.ts";
import { nodeState } from "../model/node-state.ts";
import type { Panel } from "./panel.ts";

export const nodesPanel: Panel = {
  title: "nodes",
  lines: ({ run, ...snapshot }, { look, width, height }) => {
    const dashboard = snapshot.value({ kind: "gauge", series: "node.dashboard.rssBytes" });
    const ids = [
      ...run.nodes.map(({ id }) => id),
      "k6/1",
      "hunt",
      ...(dashboard === null ? [] : ["dashboard"]),
    ];
    const narrow = width < wideEnough;
    const nameWidth = Math.max(narrow ? 9 : 11, ...ids.map((id) => id.length)) + 1;
    const widths = narrow ? [7, 5, 7, 7] : [9, 8, 9, 8];
    const line = (id: string, word: string, figures: readonly string[], colour: Colour) =>
      row(look, width, [
        id.padEnd(nameWidth),
        [word.padEnd(widths[0] ?? 0), colour],
        figures.map((text, at) => text.padStart(widths[at + 1] ?? 0)).join(""),
      ]);
    const head = row(look, width, [
      [
        "node".padEnd(nameWidth) +
          "state".padEnd(widths[0] ?? 0) +
          ["cpu", "memory", "starts"]
            .map((text, at) => text.padStart(widths[at + 1] ?? 0))
            .join(""),
        "dim",
      ],
    ]);
    const rows = [...new Set(ids)].map((id) => {
      const cpu = snapshot.value({ kind: "rate", series: `node.${id}.cpuSeconds` });
      const rss = snapshot.value({ kind: "gauge", series: `node.${id}.rssBytes` });
      const seen = cpu !== null || rss !== null;
      const { state, starts } = nodeState(snapshot, id, seen);
      const word = state ?? (seen ? "up" : "-");
      const colour: Colour = awayStates.includes(word) ? "red" : seen ? "green" : "dim";
      const share = quantity(cpu, "share");
      const figures = [
        narrow ? share.replace(/\.\d%$/, "%") : share,
        quantity(rss, "bytes"),
        `${starts}`,
      ];
      const shown = narrow ? (shortWords[word] ?? word) : word;
      return { away: word !== "up", text: line(id, shown, figures, colour) };
    });
    return [head, ...withinRows(rows, height - 1, look, width)];
  },
};

/** Below that columns are narrow; 39 columns hold all of them. */
const wideEnough = 48;
const awayStates: readonly string[] = ["exited", "lost"];
const shortWords: Readonly<Record<string, string>> = { starting: "starts", stopping: "stops" };

/** Where there are too few lines, those that are away are shown before those that are up. */
function withinRows(
  rows: readonly { readonly away: boolean; readonly text: string }[],
  height: number,
  look: Look,
  width: number,
): string[] {
  if (rows.length <= height) return rows.map(({ text }) => text);
  const sorted = [...rows.filter(({ away }) => away), ...rows.filter(({ away }) => !away)];
  const shown = sorted.slice(0, Math.max(0, height - 1)).map(({ text }) => text);
  const more = `+${rows.length - shown.length} more (Enter zooms)`;
  return [...shown, row(look, width, [[more, "dim"]])].slice(0, Math.max(0, height));
}
