/** Several runs as one table, and what has to be said before any figure of it. */
import type { ComparisonDocument, ComparisonRow } from "../../verdict/summary-document.ts";
import { changeText, differenceText, figureText, timesText } from "../text/quantity.ts";
import { textTable, wrapped } from "../text/text-table.ts";
import { designOf } from "./compare-runs.ts";

/** Of the many figures in the document, those that tell designs apart. */
const shownFigures =
  /\.(ratePerS|errorRate|responseMs\.p50|responseMs\.p99|responseMs\.p999|serviceMs\.p99)$/;
const laneFigure = /^[^.]+\.[^.]+(\.p99)?$/;
const width = 80;

export interface ComparisonTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The figures that people see; the document has them all. */
export function comparisonTable(document: ComparisonDocument): ComparisonTable {
  const { columns, of: kind } = document.comparison;
  const names = columns.map(({ name }) => name);
  const [first = ""] = names;
  const sign = kind === "command" ? "/" : "-";
  const others = names
    .slice(1)
    .map((name) => (sign === "/" ? `${first}/${name}` : `${name} - ${first}`));
  const rows = document.comparison.rows.filter(
    ({ figure }) => shownFigures.test(figure) || laneFigure.test(figure),
  );
  return {
    head: ["", ...names, ...others],
    rows: rows.map((row) => [
      row.figure,
      ...row.medians.map((median) => figureText(row.figure, median)),
      ...(kind === "command"
        ? row.ratios.slice(1).map(timesText)
        : differences(row, columns.length)),
    ]),
  };
}

/** Of two runs there is room for both the amount and the share. */
function differences({ figure, medians }: ComparisonRow, columns: number): string[] {
  const [base = null, ...others] = medians;
  return others.map((value) =>
    columns === 2 ? differenceText(figure, base, value) : changeText(base, value),
  );
}

/** Of one command with repeats: over how many each figure is the median. Of any other runs: which they are. */
export function comparisonIntro(document: ComparisonDocument): string {
  const { of: kind, repeats } = document.comparison;
  const medians = Math.max(...repeats) > 1 ? `Medians of ${repeats.join(" and ")} runs` : "";
  if (kind === "command") return medians;
  return medians === ""
    ? "Runs of several commands, side by side"
    : `Runs of several commands, side by side. ${medians}`;
}

/** `A: RUN (design log): pass`, a line per run; none where all are of one command. */
export function comparedRuns({ comparison, runs }: ComparisonDocument): string[] {
  if (comparison.of === "command") return [];
  return comparison.columns.flatMap(({ name, runs: positions }) =>
    positions.flatMap((at) => {
      const run = runs[at];
      if (run === undefined) return [];
      return [
        `${name}: ${run.runId} (${run.scenario}, design ${designOf(run)}): ${run.verdict.outcome}`,
      ];
    }),
  );
}

/** `scenario: A smoke, B steady`; empty where all are of one command. */
export function unlikeLines({ comparison }: ComparisonDocument): string[] {
  return comparison.unlike.map(({ what, values }) => {
    const each = values.map((value, at) => `${comparison.columns[at]?.name}: ${value}`);
    return `${what}: ${each.join("; ")}`;
  });
}

export const unlikeHead = "UNLIKE RUNS: any of these may be why their figures differ";
export const alikeText = "They are alike in scenario, seed, versions, machine and command.";

export function comparisonText(document: ComparisonDocument): string[] {
  const intro = comparisonIntro(document);
  const { head, rows } = comparisonTable(document);
  const list = (lines: readonly string[]) =>
    lines.flatMap((line) => wrapped(line, width, "  - ", "    "));
  return [
    ...(intro === "" ? [] : [`${intro}:`, ""]),
    ...(document.comparison.of === "command"
      ? []
      : [...list(comparedRuns(document)), "", ...unlikeText(document), ""]),
    ...textTable(head, rows),
  ];
}

function unlikeText(document: ComparisonDocument): string[] {
  const lines = unlikeLines(document);
  if (lines.length === 0) return [alikeText];
  return [`${unlikeHead}:`, ...lines.flatMap((line) => wrapped(line, width, "  - ", "    "))];
}
