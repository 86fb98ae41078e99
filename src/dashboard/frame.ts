/**
 * The whole screen as lines of text, never more than the terminal has and never wider. A pure function of
 * snapshot, view and size; Ink only puts it on the screen. Ink's own boxes would cost several times the CPU.
 *
 *   header (3 lines), timeline strip, grid of panels of one size, keys
 */
import { frameHeader } from "./header.ts";
import { type Look, paint, row, type Span } from "./look.ts";
import type { Panel } from "./panels/panel.ts";
import type { Snapshot } from "./snapshot.ts";
import { type ViewState, windowsS } from "./view-state.ts";

const smallest = { columns: 60, rows: 15 } as const;
const panelSize = { columns: 39, rows: 8 } as const;

export interface Frame {
  readonly snapshot: Snapshot;
  readonly view: ViewState;
  readonly panels: readonly Panel[];
  readonly columns: number;
  readonly rows: number;
  readonly look: Look;
  readonly tops: Map<string, number>;
  /** A word on what is watched: `live`, `replay x4`, `ended`. */
  readonly mode: string;
  /** Shown in the place of the keys, unless it is empty. */
  readonly notice: string;
}

export function drawFrame(frame: Frame): string[] {
  const { columns, rows, look, panels, view } = frame;
  const header = frameHeader(frame);
  if (columns < smallest.columns || rows < smallest.rows) {
    const size = `terminal is ${columns}x${rows}; hunt watch needs ${smallest.columns}x${smallest.rows}`;
    return [row(look, columns, [[size, "yellow"]]), ...header].slice(0, Math.max(1, rows));
  }
  const height = rows - header.length - 1;
  if (view.help) {
    return [...header, ...boxed(frame, { title: "keys", lines: helpLines, height }), footer(frame)];
  }
  if (view.zoomed) {
    return [...header, ...panelBox(frame, view.focus, columns, height), footer(frame)];
  }
  const across = Math.max(1, Math.min(4, Math.floor(columns / panelSize.columns)));
  const fitting = Math.max(1, Math.floor(height / panelSize.rows));
  const down = Math.min(fitting, Math.ceil(panels.length / across));
  const perPage = across * down;
  const first = Math.floor(view.focus / perPage) * perPage;
  const width = Math.floor(columns / across);
  const body: string[] = [];
  for (let line = 0; line < down; line += 1) {
    const boxHeight = Math.floor(height / down) + (line < height % down ? 1 : 0);
    const boxes = Array.from({ length: across }, (_, column) =>
      panelBox(frame, first + line * across + column, width, boxHeight),
    );
    for (let index = 0; index < boxHeight; index += 1) {
      body.push(boxes.map((box) => box[index] ?? "").join("") + " ".repeat(columns % across));
    }
  }
  return [...header, ...body, footer(frame, perPage < panels.length ? first : undefined, perPage)];
}

function panelBox(frame: Frame, index: number, width: number, height: number): string[] {
  const panel = frame.panels[index];
  if (panel === undefined) return Array.from({ length: height }, () => " ".repeat(width));
  const { snapshot, view, look, tops } = frame;
  const lines = panel.lines(snapshot, {
    look,
    tops,
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
  { title, lines, height }: { title: string; lines: readonly string[]; height: number },
) {
  const inner = lines.slice(0, height - 2).map((line) => row(look, columns - 2, [` ${line}`]));
  return box({ look, width: columns, height, focused: true, title, lines: inner });
}

const helpLines: readonly string[] = [
  "1-9, Tab      focus a panel       Enter, z  zoom it       Esc  back",
  "Space         hold the view; the run goes on",
  "< >           move in time        + -       zoom in time  e    newest second",
  "/             filter the log (Enter keeps it, Esc clears it)",
  "y             copy the panel as text (OSC 52)",
  "m             a note on the timeline (Enter puts it, Esc drops it; in hunt bench)",
  "q, Ctrl-C     leave; a run that is watched goes on",
  "Marks: x fault  o healed  # failed  v node lost  ^ serves again",
  "       * leader change  ! alert  + resolved  A alarm  ~ actions still open",
  "       shaded: a fault, or a node was away",
  "The same without keys: hunt report RUN    hunt logs NODE",
];

function footer(
  { look, columns, view, panels, snapshot, notice }: Frame,
  first?: number,
  perPage = 0,
): string {
  if (notice !== "") return row(look, columns, [[notice, "yellow"]]);
  if (view.note !== undefined) {
    return row(look, columns, [["note on the timeline: ", "yellow"], `${view.note}_`]);
  }
  if (view.typing) return row(look, columns, [["filter the log: ", "yellow"], `${view.filter}_`]);
  const pages: Span =
    first === undefined
      ? ""
      : `panels ${first + 1}-${Math.min(panels.length, first + perPage)} of ${panels.length}  `;
  const held: Span = view.heldAtS === undefined ? "" : [`HELD at ${snapshot.atS}s  `, "yellow"];
  return row(look, columns, [
    held,
    pages,
    ["? help Tab focus Enter zoom Space hold / log y copy q quit", "dim"],
  ]);
}
