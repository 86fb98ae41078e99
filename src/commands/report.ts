/** `hunt report RUN`: renders a recorded run from its folder alone. */
import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { checkRecording } from "../checkers/check-recording.ts";
import type { Environment } from "../environment.ts";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { openRecording } from "../recording/recording-reader.ts";
import { reporterOf } from "../reporting/reporters.ts";
import { suggestionFor } from "../suggestion.ts";
import { summarise } from "../verdict/summarise.ts";

export interface ReportFlags {
  readonly format: string;
  readonly reports?: string;
  readonly json?: boolean;
}

/** @returns 0: the report could be made; what it says is the run's affair. */
export async function reportCommand(
  environment: Environment,
  run: string,
  flags: ReportFlags,
): Promise<number> {
  const reporter = reporterOf(flags.json === true ? "json" : flags.format);
  const reportsDir = resolve(environment.cwd, flags.reports ?? "reports");
  const path = await findRun(reportsDir, run, environment.cwd);
  const summary = await summarise(await openRecording(path), checkRecording);
  environment.stdout.write(reporter.summary(summary));
  return exitCodes.pass;
}

/** A run id below the reports folder, `last`, or the path of a folder. */
async function findRun(reportsDir: string, run: string, cwd: string): Promise<string> {
  if (isAbsolute(run) || run.includes("/")) return resolve(cwd, run);
  const entries = await readdir(reportsDir, { withFileTypes: true }).catch(() => []);
  const runs = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const name = run === "last" ? runs.at(-1) : run;
  if (name !== undefined && runs.includes(name)) return join(reportsDir, name);
  const known = runs.slice(-5);
  throw new HuntError({
    code: "usage.unknown-run",
    message:
      known.length === 0
        ? `there is no run in ${reportsDir}`
        : `there is no run "${run}" in ${reportsDir}. ${suggestionFor(run, known)}`,
    exitCode: exitCodes.usage,
    hint: "hunt bench makes one; --reports names another folder.",
  });
}
