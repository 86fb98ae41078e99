/**
 * The run second by second, for a ticket or a chat message: response and commit times and duplicates, with
 * the faults below them on the same columns.
 */
import type { RecordingReader } from "../../../recording/recording-reader.ts";
import type { Summary } from "../../../verdict/summary-document.ts";
import { wrapped } from "../text-table.ts";
import { type Chart, type ChartPage, chartPage } from "./chart-data.ts";
import { type PlotAxis, type PlotGlyphs, plotAxis, plotLines } from "./text-plot.ts";

const size = { columns: 80, rows: 6 };
/** Where the labels and the axis of a plot end. */
const left = 9;
const kinds: readonly Chart["kind"][] = ["response", "lane"];

/** Lines of at most 80 columns; ends with a newline. */
export function textCharts(reader: RecordingReader, summary: Summary, glyphs: PlotGlyphs): string {
  const page = chartPage(reader, summary, { kinds });
  const axis = plotAxis(page.seconds.length, size);
  const below = [...faultRows(page, axis), secondsRow(page.seconds.length, axis)];
  const plots = page.charts.flatMap((chart) => [...plotOf(chart, glyphs), ...below, ""]);
  return `${[...headLines(summary, axis), "", ...plots, ...legend(page)].join("\n")}\n`;
}

function headLines({ runId }: Summary, { secondsPerColumn }: PlotAxis): string[] {
  const columns =
    secondsPerColumn > 1
      ? `; a column is ${secondsPerColumn} s, and shows the highest of them`
      : "";
  return wrapped(`Run ${runId}, second by second${columns}`, size.columns, "", "  ");
}

function plotOf(chart: Chart, glyphs: PlotGlyphs): string[] {
  const line = chart.series.find(({ label }) => label === "p99") ?? chart.series[0];
  const limit = chart.series.find(({ dashed }) => dashed === true);
  const percentile = line?.label === "p99" ? " p99" : "";
  const budget = limit === undefined ? "" : "; dashed: its budget";
  return plotLines(
    {
      title: `${chart.title}${percentile}, ${chart.unit}${budget}`,
      values: line?.values ?? [],
      ...(limit === undefined ? {} : { limit: limit.values }),
      log: chart.log === true,
    },
    size,
    glyphs,
  );
}

/** `a`, `b`, ... as the legend names them. */
function letter(index: number): string {
  return String.fromCharCode("a".charCodeAt(0) + (index % 26));
}

/** Faults that overlap stand in rows of their own; a new leader is `^`. */
function faultRows({ windows, marks }: ChartPage, axis: PlotAxis): string[] {
  const rows: string[][] = [];
  const blank = () => new Array<string>(axis.columns).fill(" ");
  windows.forEach(({ fromS, toS }, index) => {
    const from = columnAt(fromS, axis);
    const to = Math.max(from, columnAt(toS, axis, Math.ceil) - 1);
    let row = rows.find((each) => each.slice(from, to + 1).every((cell) => cell === " "));
    if (row === undefined) {
      row = blank();
      rows.push(row);
    }
    row.fill("=", from, to + 1);
    row[from] = letter(index);
  });
  if (marks.length > 0) {
    const row = blank();
    for (const { atS } of marks) row[columnAt(atS, axis)] = "^";
    rows.push(row);
  }
  return rows.map((row) => `${" ".repeat(left)}${row.join("")}`.trimEnd());
}

function columnAt(
  second: number,
  { columns, secondsPerColumn }: PlotAxis,
  round: (column: number) => number = Math.floor,
): number {
  return Math.max(0, Math.min(columns - 1, round(second / secondsPerColumn)));
}

const tickSteps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
const tickColumns = 8;

function secondsRow(seconds: number, { secondsPerColumn }: PlotAxis): string {
  const step = tickSteps.find((each) => each / secondsPerColumn >= tickColumns) ?? seconds;
  let row = "";
  for (let second = 0; second < seconds; second += step) {
    row = `${row.padEnd(Math.floor(second / secondsPerColumn))}${second}`;
  }
  return `${" ".repeat(left)}${row} s`;
}

function legend({ windows, marks }: ChartPage): string[] {
  const faults = windows.map(({ fromS, toS, label }, index) => {
    const text = `${label}, ${fromS.toFixed(1)} to ${toS.toFixed(1)} s`;
    return wrapped(text, size.columns, `  ${letter(index)} `, "    ");
  });
  const leaders = marks.map(({ atS, label }) => `${label} from ${atS.toFixed(1)} s`).join(", ");
  const lines = faults.flat();
  if (leaders !== "") lines.push(...wrapped(leaders, size.columns, "  ^ ", "    "));
  return lines.length === 0 ? [] : [...lines, ""];
}
