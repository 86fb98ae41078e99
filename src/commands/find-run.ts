/** RUN on a command line: a run id below the reports folder, `last`, or the path of a folder. */
import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { suggestionFor } from "../suggestion.ts";

/** @returns the folder's path. @throws HuntError (exit code 2) for a run that is not there. */
export async function findRun(reportsDir: string, run: string, cwd: string): Promise<string> {
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
