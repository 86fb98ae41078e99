/**
 * `hunt report --format html`: one file that shows everything and asks nobody for anything. The chart library
 * stands in it, and its content security policy refuses every request.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { compareRuns } from "../compare/compare-runs.ts";
import {
  alikeText,
  comparedRuns,
  comparisonIntro,
  comparisonTable,
  unlikeHead,
  unlikeLines,
} from "../compare/comparison-text.ts";
import { type ChartPage, chartPage } from "../text/charts/chart-data.ts";
import { html, htmlList, htmlTable, jsonForScript } from "./html-text.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { figureSections, verdictSection } from "./run-sections.ts";

export interface ReportedRun {
  readonly summary: Summary;
  readonly reader: RecordingReader;
}

const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** More than a wide screen has columns; of a run of up to an hour each second is a point. */
const mostPoints = 4_000;

/** @param runs one, or several side by side. */
export async function htmlReport(runs: readonly ReportedRun[]): Promise<string> {
  const folder = dirname(createRequire(import.meta.url).resolve("uplot"));
  const [library, libraryStyle] = await Promise.all([
    readFile(join(folder, "uPlot.iife.min.js"), "utf8"),
    readFile(join(folder, "uPlot.min.css"), "utf8"),
  ]);
  const summaries = runs.map(({ summary }) => summary);
  const pages = runs.map(({ reader, summary }) => chartPage(reader, summary, { mostPoints }));
  const bodies = runs.map(({ summary }, index) =>
    [
      verdictSection(summary),
      `<h2>Second by second</h2><p class="soft hint">Drag over a chart to zoom all of them, double-click to see everything. Names in the legend switch lines off.${thinnedText(pages[index])}</p>`,
      pages
        .slice(index, index + 1)
        .map(marked)
        .join(""),
      `<div class="charts" id="charts-${index}"></div>`,
      figureSections(summary),
    ].join("\n"),
  );
  const title = `hunt: ${summaries.map(({ scenario, verdict }) => `${scenario} ${verdict.outcome}`).join(", ")}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>${libraryStyle}${pageStyle}</style>
</head>
<body>
${comparison(summaries)}
${bodies.join("\n<hr>\n")}
<script type="application/json" id="charts">${jsonForScript(pages)}</script>
<script>${library}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

function thinnedText(page: ChartPage | undefined): string {
  if (page === undefined || page.secondsPerPair === 1) return "";
  return ` Of each ${page.secondsPerPair} s the lowest and the highest second are drawn.`;
}

/** What is drawn behind the lines, in words: a chart's own are small, and no screen reader sees them. */
function marked({ windows, marks }: ChartPage): string {
  const at = (seconds: number) => `${seconds.toFixed(1)} s`;
  const faults = windows.map(({ label, fromS, toS }) => `${label}, ${at(fromS)} to ${at(toS)}`);
  const leaders = marks.map(({ label, atS }) => `${label} from ${at(atS)}`);
  const lines = [
    ...(faults.length === 0 ? [] : [`Shaded: ${faults.join("; ")}.`]),
    ...(leaders.length === 0 ? [] : [`Dotted: ${leaders.join("; ")}.`]),
  ];
  return lines.length === 0 ? "" : `<p class="soft">${html(lines.join(" "))}</p>`;
}

function comparison(summaries: readonly Summary[]): string {
  if (summaries.length < 2) return "";
  const document = compareRuns(summaries);
  const { head, rows } = comparisonTable(document);
  const intro = comparisonIntro(document);
  const unlike = unlikeLines(document);
  return [
    "<h1>Side by side</h1>",
    intro === "" ? "" : `<p>${html(intro)}.</p>`,
    ...(document.comparison.of === "command"
      ? []
      : [
          htmlList(comparedRuns(document)),
          unlike.length === 0
            ? `<p>${html(alikeText)}</p>`
            : `<p><strong>${html(unlikeHead)}:</strong></p>${htmlList(unlike)}`,
        ]),
    htmlTable(["figure", ...head.slice(1)], rows),
  ].join("\n");
}
