/**
 * Which runs of a comparison decide its exit code: those of the last design, and of their outcomes the
 * one that `series-verdict.ts` decides for. Formats that a CI job reads must not fail on the others.
 */
import { seriesExitCode } from "../verdict/series-verdict.ts";
import type { ComparisonDocument, Summary } from "../verdict/summary-document.ts";
import { designOf } from "./compare-runs.ts";

export interface GatedRun {
  readonly run: Summary;
  /** Why its failures do not count; undefined where they do. */
  readonly notGated: string | undefined;
}

export function gatedRuns({ comparison, runs }: ComparisonDocument): GatedRun[] {
  const gatedDesign = comparison.designs.at(-1);
  const gated = runs.filter((run) => designOf(run) === gatedDesign);
  const decided = seriesExitCode(gated.map((run) => run.verdict));
  return runs.map((run) => {
    if (designOf(run) !== gatedDesign) {
      return { run, notGated: `design ${designOf(run)} is shown, not gated` };
    }
    const outvoted = run.verdict.exitCode !== decided;
    return { run, notGated: outvoted ? "most repeats ended otherwise" : undefined };
  });
}
