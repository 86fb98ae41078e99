/**
 * Which runs of a comparison decide. Of one command, those of the last column, and of their outcomes the one that
 * `series-verdict.ts` decides for, as its exit code does. Of other runs, each that has the design of the last
 * one, by itself: nothing can be outvoted by a run that is no repeat of it.
 */
import { seriesExitCode } from "../../verdict/series-verdict.ts";
import type { ComparisonDocument, Summary } from "../../verdict/summary-document.ts";
import { designOf } from "./compare-runs.ts";

export interface GatedRun {
  readonly run: Summary;
  /** Why its failures do not count; undefined where they do. */
  readonly notGated: string | undefined;
}

export function gatedRuns({ comparison, runs }: ComparisonDocument): GatedRun[] {
  const { columns, designs, of: kind } = comparison;
  const lastColumn = columns.length - 1;
  const isGated = (column: number) =>
    kind === "command" ? column === lastColumn : designs[column] === designs[lastColumn];
  return runs.map((run, at) => {
    const column = columns.findIndex((each) => each.runs.includes(at));
    if (!isGated(column)) {
      return { run, notGated: `design ${designs[column] ?? designOf(run)} is shown, not gated` };
    }
    const repeats = (columns[column]?.runs ?? []).flatMap((position) => runs[position] ?? []);
    const outvoted = run.verdict.exitCode !== seriesExitCode(repeats.map((each) => each.verdict));
    return { run, notGated: outvoted ? "most repeats ended otherwise" : undefined };
  });
}
