/** The two panels of text: events of the timeline, and what nodes print. */

import { type Colour, type Look, row } from "../frame/look.ts";
import { shortened } from "../frame/shortened.ts";
import { logWords } from "../model/log-words.ts";
import type { LogLine } from "../model/run-model.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { briefText, eventText } from "../model/timeline-text.ts";
import type { Panel } from "./panel.ts";

export const eventsPanel: Panel = {
  title: "events",
  lines: ({ events }, { look, width, height }) =>
    events.slice(-height).map((event) => {
      const time = timeText(event.t, width < wideEnough ? 5 : 7);
      const { text, colour } = briefText(event, width - time.length);
      return row(look, width, [
        [time, "dim"],
        [text, colour],
      ]);
    }),
};

export const logPanel: Panel = {
  title: "log",
  lines: ({ log, events, run }, { look, width, height, filter }) => {
    const wanted = filter.toLowerCase();
    const found = withNews(log, events).filter(({ node, text }) =>
      `${node} ${text}`.toLowerCase().includes(wanted),
    );
    const shown = found.slice(-(height - (filter === "" ? 0 : 1)));
    const nameWidth = Math.max(0, ...shown.map(({ node }) => node.length)) + 1;
    const startedAtMs = Date.parse(run.startedAt);
    const lines = shown.map((line) => logLine(line, { look, width, nameWidth, startedAtMs }));
    if (filter === "") return lines;
    return [row(look, width, [[`/${filter}: ${found.length} lines`, "yellow"]]), ...lines];
  },
};

/** Below that a line is too short for its time in full. */
const wideEnough = 48;
const levelColours: Readonly<Record<string, Colour>> = {
  warn: "yellow",
  warning: "yellow",
  error: "red",
  fatal: "red",
  panic: "red",
};

interface LogLineOptions {
  readonly look: Look;
  readonly width: number;
  readonly nameWidth: number;
  readonly startedAtMs: number;
}

/** Time, node, level, message, and as many of its facts as fit whole. */
function logLine(line: LogLine, { look, width, nameWidth, startedAtMs }: LogLineOptions): string {
  const { level, message, facts, atMs } = logWords(line.text);
  const toldS = atMs === undefined ? null : (atMs - startedAtMs) / 1000;
  const time = timeText(line.t ?? toldS, 7);
  const word = level === "" ? "" : `${level} `;
  const room = width - time.length - nameWidth - word.length;
  const text = shortened(message, room);
  let left = room - text.length;
  const fitting = facts.filter((fact) => {
    const fits = fact.length + 1 <= left;
    if (fits) left -= fact.length + 1;
    return fits;
  });
  return row(look, width, [
    [time, "dim"],
    [line.node.padEnd(nameWidth), "cyan"],
    [word, levelColours[level] ?? "dim"],
    text,
    [fitting.map((fact) => ` ${fact}`).join(""), "dim"],
  ]);
}

/** `  12.3s `; a dash for what tells no time. */
function timeText(t: number | null, room: number): string {
  return `${(t === null ? "-" : `${t.toFixed(1)}s`).padStart(room)} `;
}

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
