/** The two panels of text: events of the timeline, and what nodes print. */
import { row } from "../look.ts";
import type { LogLine } from "../run-model.ts";
import type { Snapshot } from "../snapshot.ts";
import { eventText } from "../timeline-text.ts";
import type { Panel } from "./panel.ts";

export const eventsPanel: Panel = {
  title: "events",
  lines: ({ events }, { look, width, height }) =>
    events.slice(-height).map((event) => {
      const { text, colour } = eventText(event);
      return row(look, width, [
        [`${event.t.toFixed(1).padStart(7)}s `, "dim"],
        [text, colour],
      ]);
    }),
};

export const logPanel: Panel = {
  title: "log",
  lines: ({ log, events }, { look, width, height, filter }) => {
    const wanted = filter.toLowerCase();
    const found = withNews(log, events).filter(({ node, text }) =>
      `${node} ${text}`.toLowerCase().includes(wanted),
    );
    const lines = found
      .slice(-(height - (filter === "" ? 0 : 1)))
      .map(({ node, text, t }) =>
        row(look, width, [
          [`${t === null ? "-" : t.toFixed(1)}s `.padStart(8), "dim"],
          [`${node} `, "cyan"],
          text,
        ]),
      );
    if (filter === "") return lines;
    return [row(look, width, [[`/${filter}: ${found.length} lines`, "yellow"]]), ...lines];
  },
};

/** Faults and alerts stand between the lines of the nodes that they made print. */
function withNews(log: Snapshot["log"], events: Snapshot["events"]): LogLine[] {
  const news = events
    .filter(({ kind }) => kind === "fault" || kind === "alert")
    .map((event) => ({ t: event.t, node: "hunt", text: eventText(event).text }));
  const lines: LogLine[] = [];
  let next = 0;
  for (const line of log) {
    for (; next < news.length; next += 1) {
      const each = news[next];
      if (each === undefined || line.t === null || each.t > line.t) break;
      lines.push(each);
    }
    lines.push(line);
  }
  return [...lines, ...news.slice(next)];
}
