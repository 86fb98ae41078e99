/** `hunt report RUN...`: renders a recorded run, or several side by side, from their folders alone. */

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { checkLanes } from "../../checkers/check-lanes.ts";
import { binaryFile } from "../../engines/programs/binaries.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { laneEvidences } from "../../lanes/evidence.ts";
import { reasonOf } from "../../reason-of.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import { compareRuns } from "../../reporting/compare/compare-runs.ts";
import { htmlFormat, type Reporter, reporterOf } from "../../reporting/formats/reporters.ts";
import { textReporter } from "../../reporting/formats/text-reporter.ts";
import { htmlReport, type ReportedRun } from "../../reporting/html/html-report.ts";
import { textCharts } from "../../reporting/text/charts/text-charts.ts";
import {
  asciiGlyphs,
  type PlotGlyphs,
  unicodeGlyphs,
} from "../../reporting/text/charts/text-plot.ts";
import { summarise } from "../../verdict/summarise.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { knowsUnicode } from "../watch/screen-flags.ts";
import { findRuns } from "./find-run.ts";

export interface ReportFlags {
  readonly format: string;
  readonly output?: string;
  readonly reports?: string;
  readonly json?: boolean;
}

/** @returns 0: the report could be made; what it says is the run's affair. */
export async function reportCommand(
  environment: Environment,
  runs: readonly string[],
  flags: ReportFlags,
): Promise<number> {
  const format = flags.json === true ? "json" : flags.format;
  const reporter = format === htmlFormat ? undefined : reporterOf(format);
  const secondChecker = binaryFile("linearize", environment.variables);
  const check = checkLanes(laneEvidences, { secondChecker });
  const reported: ReportedRun[] = [];
  for (const path of await findRuns(environment, runs, flags.reports)) {
    const reader = await openRecording(path, { nowMs: environment.clock.nowMs() });
    reported.push({ reader, summary: await summarise(reader, check) });
    if (reader.live) environment.stderr.write(`${reader.run.runId} is still being written.\n`);
  }
  const text =
    reporter === undefined
      ? await htmlReport(reported)
      : rendered(
          reporter,
          reported.map(({ summary }) => summary),
        );
  const [only] = reported;
  const drawn =
    reporter === textReporter && reported.length === 1 && only !== undefined
      ? textCharts(only.reader, only.summary, charactersFor(environment, flags))
      : "";
  if (flags.output === undefined) environment.stdout.write(`${drawn}${text}`);
  else await writeReport(resolve(environment.cwd, flags.output), `${drawn}${text}`);
  return exitCodes.pass;
}

function rendered(reporter: Reporter, summaries: readonly Summary[]): string {
  const [only] = summaries;
  return summaries.length === 1 && only !== undefined
    ? reporter.summary(only)
    : reporter.comparison(compareRuns(summaries));
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new HuntError({
      code: "report.not-writable",
      message: `--output: cannot write ${path}: ${reasonOf(error)}.`,
      exitCode: exitCodes.environment,
      hint: "Name a file in a folder that exists and that you may write to.",
      cause: error,
    });
  }
}

/** A terminal that says it knows no Unicode gets none; a file or a pipe may go anywhere and does. */
function charactersFor({ stdout, variables }: Environment, { output }: ReportFlags): PlotGlyphs {
  return output === undefined && stdout.isTTY && !knowsUnicode(variables)
    ? asciiGlyphs
    : unicodeGlyphs;
}
