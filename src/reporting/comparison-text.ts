/** The before/after table: one column per design, and how many times better each is than the first. */
import type { ComparisonDocument, ComparisonRow } from "../verdict/summary-document.ts";
import { figureText } from "./quantity.ts";
import { textTable } from "./text-table.ts";

/** Of the many figures in the document, those that tell designs apart. */
const shownFigures =
  /\.(ratePerS|errorRate|responseMs\.p50|responseMs\.p99|responseMs\.p999|serviceMs\.p99)$/;
const laneFigure = /^[^.]+\.[^.]+(\.p99)?$/;

export function comparisonText({ comparison }: ComparisonDocument): string[] {
  const { designs, repeats, rows } = comparison;
  const ratioHeads = designs.slice(1).map((design) => `${designs[0]}/${design}`);
  const shown = rows.filter((row) => shownFigures.test(row.figure) || laneFigure.test(row.figure));
  const runs = Math.max(...repeats);
  const title = runs > 1 ? [`Medians of ${repeats.join(" and ")} runs:`, ""] : [];
  return [...title, ...textTable(["", ...designs, ...ratioHeads], shown.map(cells))];
}

function cells(row: ComparisonRow): string[] {
  const ratios = row.ratios
    .slice(1)
    .map((ratio) => (ratio === null ? "-" : `${twoDigits(ratio)}x`));
  const medians = row.medians.map((median) => figureText(row.figure, median));
  return [row.figure, ...medians, ...ratios];
}

/** A ratio of two noisy medians deserves no more digits. */
function twoDigits(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}
