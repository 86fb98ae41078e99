/** RUN on a command line: a run id below the reports folder, `last`, or the path of a folder. */

import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { reasonOf } from "../../reason-of.ts";
import { readRunEntry } from "../../recording/read-run-document.ts";
import { isOfRunFolder, isRunId } from "../../recording/run-folder.ts";
import { isMissing } from "../../recording/timeline/recorded-lines.ts";
import { suggestionFor } from "../../suggestion.ts";

const last = "last";
/** Of many names the first few are shown. */
const shownNames = 5;

type Caller = Pick<Environment, "cwd" | "stderr">;

/** As `findRuns`, of one. */
export async function findRun(caller: Caller, run: string, reports?: string): Promise<string> {
  const [path] = await findRuns(caller, [run], reports);
  if (path === undefined) throw new Error(`no path was found for ${run}`);
  return path;
}

/**
 * @param reports The reports folder as it was given.
 * @returns The path of each run's folder. What `last` skips is said once on stderr.
 * @throws HuntError (exit code 2) for a run that is not there.
 */
export async function findRuns(
  { cwd, stderr }: Caller,
  runs: readonly string[],
  reports = "reports",
): Promise<string[]> {
  const reportsDir = resolve(cwd, reports);
  const isPath = (run: string) => isAbsolute(run) || run.includes("/");
  const folders = runs.every(isPath) ? [] : await foldersIn(reportsDir);
  const newest = runs.includes(last) ? await newestRun(reportsDir, folders) : undefined;
  const skipped = newest?.skipped ?? [];
  if (skipped.length > 0) {
    stderr.write(`last skips folders of ${reportsDir} that are no runs: ${listed(skipped)}\n`);
  }
  return runs.map((run) => {
    if (isPath(run)) return resolve(cwd, run);
    if (run !== last) return namedRun(reportsDir, folders, run);
    if (newest?.run === undefined) throw noRun(reportsDir, newest?.samples ?? []);
    return join(reportsDir, newest.run);
  });
}

/** By name, oldest run first. */
async function foldersIn(reportsDir: string): Promise<string[]> {
  try {
    const entries = await readdir(reportsDir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw new HuntError({
      code: "usage.reports-folder",
      message: `cannot look for runs in ${reportsDir}: ${reasonOf(error)}`,
      exitCode: exitCodes.usage,
      hint: "--reports or HUNT_REPORTS names another folder.",
      cause: error,
    });
  }
}

interface NewestRun {
  /** Undefined: nobody made one here. */
  readonly run: string | undefined;
  /** Runs that are newer, but came with the repository. */
  readonly samples: readonly string[];
  /** Not named, or not filled, as a run is. */
  readonly skipped: readonly string[];
}

/**
 * A run whose run.json is damaged is the newest run all the same: a report of an older one would pass for its
 * result. Only what holds nothing of a run is skipped.
 */
async function newestRun(reportsDir: string, folders: readonly string[]): Promise<NewestRun> {
  const samples: string[] = [];
  const skipped = folders.filter((name) => !isRunId(name));
  for (const name of folders.filter(isRunId).toReversed()) {
    const path = join(reportsDir, name);
    const files = await readdir(path).catch(() => undefined);
    const entry = await readRunEntry(path).catch(() => undefined);
    if (entry?.run.sample === true) samples.push(name);
    else if (files !== undefined && !files.some(isOfRunFolder)) skipped.push(name);
    else return { run: name, samples, skipped };
  }
  return { run: undefined, samples, skipped };
}

function namedRun(reportsDir: string, folders: readonly string[], run: string): string {
  if (folders.includes(run)) return join(reportsDir, run);
  if (folders.length === 0) throw noRun(reportsDir, []);
  const known = folders.slice(-shownNames);
  throw new HuntError({
    code: "usage.unknown-run",
    message: `there is no run "${run}" in ${reportsDir}. ${suggestionFor(run, known)}`,
    exitCode: exitCodes.usage,
    hint: "hunt bench makes one; --reports names another folder.",
  });
}

function noRun(reportsDir: string, samples: readonly string[]): HuntError {
  const [sample] = samples;
  return new HuntError({
    code: "usage.unknown-run",
    message:
      sample === undefined
        ? `there is no run in ${reportsDir}`
        : `there is no run in ${reportsDir} that was made here; ${sample} came with hunt, as a sample`,
    exitCode: exitCodes.usage,
    hint:
      sample === undefined
        ? "hunt bench makes one; --reports names another folder."
        : `hunt bench makes one; the sample goes by its name: ${sample}.`,
  });
}

function listed(names: readonly string[]): string {
  const more = names.length - shownNames;
  return `${names.slice(0, shownNames).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
