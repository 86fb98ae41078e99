/** The two panels of text: events of the timeline, and what nodes print. */
import { row } from "../look.ts";
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
  lines: ({ log }, { look, width, height, filter }) => {
    const wanted = filter.toLowerCase();
    const found = log.filter(({ node, text }) => `${node} ${text}`.toLowerCase().includes(wanted));
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
