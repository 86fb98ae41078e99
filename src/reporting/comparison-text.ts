/** The before/after table: one column per design, and how many times better each is than the first. */
import type { ComparisonDocument, ComparisonRow } from "../verdict/summary-document.ts";
import { figureText, timesText } from "./quantity.ts";
import { textTable } from "./text-table.ts";

/** Of the many figures in the document, those that tell designs apart. */
const shownFigures =
  /\.(ratePerS|errorRate|responseMs\.p50|responseMs\.p99|responseMs\.p999|serviceMs\.p99)$/;
const laneFigure = /^[^.]+\.[^.]+(\.p99)?$/;

/** The rows that people see; the document has them all. */
export function shownRows({ comparison }: ComparisonDocument): ComparisonRow[] {
  return comparison.rows.filter(
    ({ figure }) => shownFigures.test(figure) || laneFigure.test(figure),
  );
}

export function comparisonText(document: ComparisonDocument): string[] {
  const { designs, repeats } = document.comparison;
  const ratioHeads = designs.slice(1).map((design) => `${designs[0]}/${design}`);
  const runs = Math.max(...repeats);
  const title = runs > 1 ? [`Medians of ${repeats.join(" and ")} runs:`, ""] : [];
  return [...title, ...textTable(["", ...designs, ...ratioHeads], shownRows(document).map(cells))];
}

function cells(row: ComparisonRow): string[] {
  const ratios = row.ratios.slice(1).map(timesText);
  const medians = row.medians.map((median) => figureText(row.figure, median));
  return [row.figure, ...medians, ...ratios];
}
