/**
 * One line over the run's seconds, drawn in characters: asciichart draws, and what it does not know is done
 * here: seconds without a measurement stay blank, decades, a dashed limit. A pure function of its figures.
 */
import { plot as asciichart } from "asciichart";
import { short } from "../../../metrics/quantity.ts";

export interface TextPlot {
  readonly title: string;
  /** One per second; null where nothing was measured. */
  readonly values: readonly (number | null)[];
  /** Drawn dashed where it holds. */
  readonly limit?: readonly (number | null)[];
  readonly log?: boolean;
}

export interface PlotSize {
  /** Of the whole plot, labels included. */
  readonly columns: number;
  /** Rows from the lowest value to the highest, one less than lines. */
  readonly rows: number;
}

export interface PlotGlyphs {
  readonly axis: string;
  readonly dash: string;
  /** As asciichart takes them. */
  readonly line: readonly string[];
}

export const unicodeGlyphs: PlotGlyphs = {
  axis: "┤",
  dash: "╌",
  line: ["┤", "┤", "╶", "╴", "─", "╰", "╭", "╮", "╯", "│"],
};

export const asciiGlyphs: PlotGlyphs = {
  axis: "|",
  dash: "-",
  line: ["|", "|", "-", "-", "_", "\\", "/", "\\", "/", "|"],
};

const labelColumns = 8;

/** How a run's seconds lie on the columns behind the labels. */
export interface PlotAxis {
  readonly columns: number;
  readonly secondsPerColumn: number;
}

/** Several seconds in a column of a long run, several columns for a second of a short one. */
export function plotAxis(seconds: number, { columns }: PlotSize): PlotAxis {
  const room = columns - labelColumns - 1;
  const secondsPerColumn =
    seconds > room
      ? Math.ceil(seconds / room)
      : 1 / Math.max(1, Math.min(4, Math.floor(room / seconds)));
  return { columns: Math.ceil(seconds / secondsPerColumn), secondsPerColumn };
}

/** Lines of a plot: its title, then one per row. Where a column has several seconds, the highest counts. */
export function plotLines(plot: TextPlot, size: PlotSize, glyphs: PlotGlyphs): string[] {
  const axis = plotAxis(plot.values.length, size);
  const values = onColumns(plot.values, axis);
  const limits = onColumns(plot.limit ?? [], axis);
  const known = [...values, ...limits].filter((each) => each !== null);
  if (known.length === 0) return [plot.title, `${" ".repeat(labelColumns)} not measured`];
  if (known.every((each) => each === 0)) {
    const flat = values.map((each) => (each === null ? " " : (glyphs.line[4] ?? "")));
    return [plot.title, `${"0".padStart(labelColumns)}${glyphs.axis}${flat.join("")}`.trimEnd()];
  }
  const scale = scaleOf(known, plot.log === true, size.rows);
  const grid = Array.from({ length: size.rows + 1 }, () =>
    new Array<string>(axis.columns).fill(" "),
  );
  limits.forEach((limit, column) => {
    const row = limit === null ? undefined : grid[size.rows - Math.round(scale.level(limit))];
    if (row !== undefined) row[column] = glyphs.dash;
  });
  const levels = values.map((each) => (each === null ? null : scale.level(each)));
  for (const stretch of stretches(levels)) drawStretch(stretch, grid, glyphs);
  const lines = grid.map((row, index) => {
    const label = short(Number(scale.value(size.rows - index).toPrecision(3)));
    return `${label.padStart(labelColumns)}${glyphs.axis}${row.join("")}`.trimEnd();
  });
  return [plot.title, ...lines];
}

function onColumns(values: readonly (number | null)[], axis: PlotAxis): (number | null)[] {
  if (values.length === 0) return [];
  return Array.from({ length: axis.columns }, (_, column) => {
    const from = Math.floor(column * axis.secondsPerColumn);
    const to = Math.max(from + 1, Math.ceil((column + 1) * axis.secondsPerColumn));
    const known = values
      .slice(from, axis.secondsPerColumn < 1 ? from + 1 : to)
      .filter((each) => each !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}

interface Scale {
  /** 0 at the bottom, the plot's rows at the top. */
  level(value: number): number;
  value(level: number): number;
}

/** From 0, or from the lowest value where decades are drawn. */
function scaleOf(values: readonly number[], log: boolean, rows: number): Scale {
  const positive = values.filter((each) => each > 0);
  if (!log || positive.length === 0) {
    const top = Math.max(...values, 0) || 1;
    return {
      level: (value) => (rows * Math.max(0, value)) / top,
      value: (level) => (top * level) / rows,
    };
  }
  const low = Math.log10(Math.min(...positive));
  // A fifth of a decade at least, or noise would fill the plot.
  const span = Math.max(Math.log10(Math.max(...positive)) - low, 0.2);
  return {
    level: (value) => (value > 0 ? (rows * (Math.log10(value) - low)) / span : 0),
    value: (level) => 10 ** (low + (span * level) / rows),
  };
}

interface Stretch {
  readonly from: number;
  readonly levels: readonly number[];
}

/** Columns in a row that have a value: asciichart can't skip one. */
function stretches(levels: readonly (number | null)[]): Stretch[] {
  const found: { from: number; levels: number[] }[] = [];
  levels.forEach((level, column) => {
    if (level === null) return;
    const last = found.at(-1);
    if (last !== undefined && last.from + last.levels.length === column) last.levels.push(level);
    else found.push({ from: column, levels: [level] });
  });
  return found;
}

function drawStretch({ levels, from }: Stretch, grid: string[][], glyphs: PlotGlyphs): void {
  const height = grid.length - 1;
  // It draws the way from one value to the next: with the first one twice, a column ends at its own value.
  const drawn = asciichart([levels[0] ?? 0, ...levels], {
    ...{ min: 0, max: height, height, offset: 2, symbols: glyphs.line },
    format: () => " ",
  });
  drawn.split("\n").forEach((line, index) => {
    [...line.slice(2)].forEach((glyph, column) => {
      const row = grid[index];
      if (glyph !== " " && row !== undefined) row[from + column] = glyph;
    });
  });
}
