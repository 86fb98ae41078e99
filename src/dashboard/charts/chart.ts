/**
 * A line chart as text. A pure function: the same numbers give the same characters.
 *
 * A null is a gap: nothing is drawn and nothing is joined across it. When a column stands for several
 * seconds it is a bar from their smallest to their largest value, never an average. Braille has 2 x 4
 * dots in a character, ASCII one. Free cells show, in this order: the budget, marks, shaded windows.
 *
 * Times are drawn over decades, since an outage of seconds and a budget of 50 ms belong on one axis.
 */
import { type Colour, type Look, paint } from "../frame/look.ts";

export interface ChartLine {
  readonly values: readonly (number | null)[];
  readonly colour: Colour;
}

export interface ChartMark {
  readonly t: number;
  /** One character of ASCII. */
  readonly glyph: string;
  readonly colour: Colour;
}

export interface Chart {
  /** Run second of the first value, and how many seconds wide the chart is (its right may be empty). */
  readonly fromS: number;
  readonly windowS: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly ChartLine[];
  readonly top: number;
  /** Above 0: the axis is logarithmic from there, and what is below lies on it. 0: it is linear. */
  readonly bottom: number;
  readonly axis: (value: number) => string;
  readonly budget?: number;
  readonly shaded: readonly { readonly startS: number; readonly endS: number }[];
  readonly marks: readonly ChartMark[];
  readonly look: Look;
}

const gutter = 8;
const brailleBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

interface Cell {
  bits: number;
  text: string;
  colour: Colour;
}

/** `height` lines of `width` columns; the last one is the time axis with the marks. */
export function drawChart(chart: Chart): string[] {
  const columns = Math.max(1, chart.width - gutter);
  const rows = Math.max(1, chart.height - 1);
  const cells = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, (): Cell => ({ bits: 0, text: " ", colour: "plain" })),
  );
  shade(chart, cells, columns);
  for (const line of chart.lines) plot(chart, line, cells);
  const glyphs = chart.look.unicode ? { edge: "│", corner: "└" } : { edge: "|", corner: "+" };
  const labels = labelsOf(chart, rows);
  const body = cells.map((line, index) => {
    const label = (labels.get(index) ?? "").slice(0, gutter - 1).padStart(gutter - 1);
    return paint(chart.look, `${label}${glyphs.edge}`, "dim") + painted(chart.look, line);
  });
  const corner = paint(chart.look, glyphs.corner.padStart(gutter), "dim");
  return [...body, corner + painted(chart.look, axisCells(chart, columns))];
}

/** The top of an axis that stays where it is until values leave it or shrink below a third of it. */
export function stickyTop(previous: number | undefined, largest: number): number {
  if (previous !== undefined && largest <= previous && largest > previous / 3) return previous;
  if (largest <= 0) return previous ?? 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  return (
    [1, 2, 5, 10].map((step) => step * power).find((top) => top >= largest * 1.05) ?? 20 * power
  );
}

/**
 * The power of ten from which a logarithmic axis goes, below all that is to be seen; it stays until values
 * leave it. An infinite value: there is none.
 */
export function stickyBottom(previous: number | undefined, smallest: number): number {
  if (smallest >= (previous ?? Number.POSITIVE_INFINITY)) return previous ?? 1;
  return 10 ** Math.floor(Math.log10(smallest));
}

/** How far up the axis a value is, 0 to 1. */
function heightOf({ top, bottom }: Chart, value: number): number {
  if (bottom === 0) return Math.max(0, value) / top;
  return Math.log(Math.max(bottom, value) / bottom) / Math.log(top / bottom);
}

/** Top and bottom, and of a logarithmic axis with room for it the middle. */
function labelsOf(chart: Chart, rows: number): ReadonlyMap<number, string> {
  const { top, bottom, axis } = chart;
  const middle = Math.floor((rows - 1) / 2);
  const value = bottom * (top / bottom) ** (1 - (middle + 0.5) / rows);
  return new Map([
    ...(bottom > 0 && rows > 4 ? [[middle, axis(value)] as const] : []),
    [0, axis(top)],
    [rows - 1, axis(bottom)],
  ]);
}

function columnOf(chart: Chart, t: number, columns: number): number {
  return Math.floor(((t - chart.fromS) / chart.windowS) * columns);
}

function shade(chart: Chart, cells: Cell[][], columns: number): void {
  const { unicode } = chart.look;
  const rows = cells.length;
  const put = (column: number, index: number, text: string, colour: Colour) => {
    const cell = cells[index]?.[column];
    if (cell !== undefined) Object.assign(cell, { text, colour });
  };
  for (const { startS, endS } of chart.shaded) {
    const first = Math.max(0, columnOf(chart, startS, columns));
    const last = Math.min(columns - 1, columnOf(chart, endS - 1e-9, columns));
    for (let column = first; column <= last; column += 1) {
      for (let index = 0; index < rows; index += 1) put(column, index, unicode ? "░" : ":", "dim");
    }
  }
  for (const mark of chart.marks) {
    const column = columnOf(chart, mark.t, columns);
    for (let index = 0; index < rows; index += 1) {
      put(column, index, unicode ? "┊" : "|", mark.colour);
    }
  }
  if (chart.budget === undefined || chart.budget > chart.top) return;
  const level = Math.min(rows - 1, Math.floor((1 - heightOf(chart, chart.budget)) * rows));
  for (let column = 0; column < columns; column += 1) {
    put(column, level, unicode ? "╌" : "-", "red");
  }
}

interface Extent {
  readonly low: number;
  readonly high: number;
}

/** What column `index` of `count` shows; undefined for a gap. */
function extent(chart: Chart, { values }: ChartLine, index: number, count: number) {
  const first = Math.floor((index * chart.windowS) / count);
  const last = Math.max(first, Math.ceil(((index + 1) * chart.windowS) / count) - 1);
  const known = values.slice(first, last + 1).filter((value) => value !== null);
  return known.length === 0 ? undefined : { low: Math.min(...known), high: Math.max(...known) };
}

function plot(chart: Chart, line: ChartLine, cells: Cell[][]): void {
  const { unicode } = chart.look;
  const perCell = unicode ? { x: 2, y: 4 } : { x: 1, y: 1 };
  const count = (cells[0]?.length ?? 0) * perCell.x;
  const dotRows = cells.length * perCell.y;
  const dotRow = (value: number) =>
    Math.min(dotRows - 1, Math.max(0, Math.round((1 - heightOf(chart, value)) * (dotRows - 1))));
  let before: Extent | undefined;
  for (let x = 0; x < count; x += 1) {
    const now = extent(chart, line, x, count);
    if (now !== undefined) {
      // Joined to the column before it, so that a step is a line and not two dots.
      const high = before === undefined ? now.high : Math.max(now.high, before.low);
      const low = before === undefined ? now.low : Math.min(now.low, before.high);
      for (let y = dotRow(high); y <= dotRow(low); y += 1) {
        const cell = cells[Math.floor(y / perCell.y)]?.[Math.floor(x / perCell.x)];
        if (cell === undefined) continue;
        cell.bits |= unicode ? (brailleBits[x % 2 === 0 ? 0 : 1][y % 4] ?? 0) : 1;
        cell.text = unicode ? String.fromCharCode(0x2800 + cell.bits) : "*";
        cell.colour = line.colour;
      }
    }
    before = now;
  }
}

function axisCells(chart: Chart, columns: number): Cell[] {
  const dash = chart.look.unicode ? "─" : "-";
  const cells = Array.from(
    { length: columns },
    (): Cell => ({ bits: 0, text: dash, colour: "dim" }),
  );
  const write = (at: number, text: string) => {
    for (const [index, character] of [...text].entries()) {
      const cell = cells[at + index];
      if (cell !== undefined) cell.text = character;
    }
  };
  const end = `${chart.fromS + chart.windowS}s`;
  write(0, `${chart.fromS}s`);
  write(columns - end.length, end);
  for (const mark of chart.marks) {
    const cell = cells[columnOf(chart, mark.t, columns)];
    if (cell !== undefined) Object.assign(cell, { text: mark.glyph, colour: mark.colour });
  }
  return cells;
}

function painted(look: Look, cells: readonly Cell[]): string {
  let text = "";
  let run = "";
  let colour: Colour = "plain";
  for (const cell of cells) {
    if (cell.colour !== colour) {
      text += paint(look, run, colour);
      run = "";
      colour = cell.colour;
    }
    run += cell.text;
  }
  return text + paint(look, run, colour);
}
