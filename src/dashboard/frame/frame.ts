/**
 * The whole screen as lines of text, never more than the terminal has and never wider. A pure function of
 * snapshot, view and size; Ink only puts it on the screen. Ink's own boxes would cost several times the CPU.
 *
 *   header (3 lines), timeline strip, grid of panels of one size, keys
 */
import type { FaultDialog } from "../faults/fault-dialog.ts";
import { type DialogView, viewOf } from "../faults/fault-dialog-view.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Axes, Panel } from "../panels/panel.ts";
import { type ViewState, windowsS } from "../screen/view-state.ts";
import { frameHeader } from "./header.ts";
import { helpLines, type SameAsCommands } from "./help.ts";
import { type PanelPage, pageOf } from "./layout.ts";
import { type Look, paint, row } from "./look.ts";
import { shortened } from "./shortened.ts";

const smallest = { columns: 60, rows: 15 } as const;

export interface Frame {
  readonly snapshot: Snapshot;
  readonly view: ViewState;
  readonly panels: readonly Panel[];
  readonly columns: number;
  readonly rows: number;
  readonly look: Look;
  readonly axes: Axes;
  /** A word on what is watched: `live`, `replay x4`, `ended`. */
  readonly mode: string;
  /** Shown in the place of the keys, unless it is empty. */
  readonly notice: string;
  /** In the place of the panels. */
  readonly dialog?: FaultDialog | undefined;
  readonly commands: SameAsCommands;
}

export function drawFrame(frame: Frame): string[] {
  const { columns, rows, look, panels, view } = frame;
  const header = frameHeader(frame);
  if (columns < smallest.columns || rows < smallest.rows) {
    const size = `terminal is ${columns}x${rows}; hunt watch needs ${smallest.columns}x${smallest.rows}`;
    return [row(look, columns, [[size, "yellow"]]), ...header].slice(0, Math.max(1, rows));
  }
  const height = rows - header.length - 1;
  if (frame.dialog !== undefined) {
    const shown = viewOf(frame.dialog, { width: columns - 2, height: height - 2 });
    const keys = row(look, columns, [[shown.keys, "yellow"]]);
    return [...header, ...boxed(frame, { ...shown, height }), keys];
  }
  if (view.help) {
    const lines = helpLines(frame.commands).map((line) => [line]);
    return [...header, ...boxed(frame, { title: "keys", lines, height }), footer(frame)];
  }
  if (view.zoomed) {
    return [...header, ...panelBox(frame, view.focus, columns, height), footer(frame)];
  }
  const page = pageOf(panels.length, view.focus, { columns, rows: height });
  const body = page.rows.flatMap((line) => {
    const boxes = line.panels.map(({ index, width }) => panelBox(frame, index, width, line.height));
    const blank = columns - line.panels.reduce((sum, { width }) => sum + width, 0);
    return Array.from({ length: line.height }, (_, index) =>
      boxes
        .map((box) => box[index] ?? "")
        .join("")
        .concat(" ".repeat(blank)),
    );
  });
  const whole = page.first === 0 && page.last === panels.length - 1;
  return [...header, ...body, footer(frame, whole ? undefined : page)];
}

function panelBox(frame: Frame, index: number, width: number, height: number): string[] {
  const panel = frame.panels[index];
  if (panel === undefined) return Array.from({ length: height }, () => " ".repeat(width));
  const { snapshot, view, look, axes } = frame;
  const lines = panel.lines(snapshot, {
    look,
    axes,
    width: width - 2,
    height: height - 2,
    windowS: windowsS[view.zoom] ?? 120,
    filter: view.filter,
  });
  const focused = index === view.focus;
  return box({ look, width, height, focused, title: `${index + 1} ${panel.title}`, lines });
}

interface Box {
  readonly look: Look;
  readonly width: number;
  readonly height: number;
  readonly focused: boolean;
  readonly title: string;
  readonly lines: readonly string[];
}

/** The frame of the focused panel is another one, not only of another colour. */
function box({ look, width, height, focused, title, lines }: Box): string[] {
  const drawn = focused ? "┏━┓┃┗┛" : "┌─┐│└┘";
  const plain = focused ? "#=##==" : "+-+|++";
  const [left = "", flat = "", right = "", side = "", low = "", end = ""] = look.unicode
    ? drawn
    : plain;
  const colour = focused ? "cyan" : "dim";
  const name = ` ${title} `.slice(0, width - 4);
  const top =
    paint(look, left + flat, colour) +
    paint(look, name, focused ? "cyan" : "bold") +
    paint(look, flat.repeat(width - 3 - name.length) + right, colour);
  const edge = paint(look, side, colour);
  const body = Array.from({ length: height - 2 }, (_, index) => {
    return edge + (lines[index] ?? " ".repeat(width - 2)) + edge;
  });
  return [top, ...body, paint(look, low + flat.repeat(width - 2) + end, colour)];
}

function boxed(
  { look, columns }: Frame,
  { title, lines, height }: Pick<DialogView, "title" | "lines"> & { readonly height: number },
) {
  const inner = lines.slice(0, height - 2).map((line) => row(look, columns - 2, [" ", ...line]));
  return box({ look, width: columns, height, focused: true, title, lines: inner });
}

function footer(
  { look, columns, view, panels, snapshot, notice }: Frame,
  page?: PanelPage,
): string {
  if (notice !== "") return row(look, columns, [[partsWithin(notice, columns), "yellow"]]);
  if (view.note !== undefined) {
    return row(look, columns, [["note on the timeline: ", "yellow"], `${view.note}_`]);
  }
  if (view.typing) return row(look, columns, [["filter the log: ", "yellow"], `${view.filter}_`]);
  const pages =
    page === undefined ? "" : `panels ${page.first + 1}-${page.last + 1} of ${panels.length}  `;
  const held = [view.heldAtS === undefined ? "" : `HELD at ${snapshot.atS}s  `, "yellow"] as const;
  const room = columns - held[0].length - pages.length;
  return row(look, columns, [held, pages, [keysWithin(room), "dim"]]);
}

/** A notice says what happened first; what follows behind a semicolon is left out where it has no room. */
function partsWithin(notice: string, room: number): string {
  const [first = "", ...others] = notice.split("; ");
  return others.reduce(
    (text, part) => {
      const longer = `${text}; ${part}`;
      return longer.length <= room ? longer : text;
    },
    shortened(first, room),
  );
}

/** What is needed first; what has no room is in the help. */
const keys = [
  "? help",
  "q quit",
  "Tab focus",
  "Enter zoom",
  "Space hold",
  "f fault",
  "h heal",
  "/ log",
  "y copy",
];

function keysWithin(room: number): string {
  let text = "";
  for (const key of keys) {
    if (text.length + key.length > room) break;
    text += `${key}  `;
  }
  return text;
}
