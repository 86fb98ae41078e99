/** `report.md` and `junit.xml` beside the recording, as every run leaves them. */
import type { RunDocument } from "../../recording/run-document.ts";
import { type RunFolder, replaceFile, runFile } from "../../recording/run-folder.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { type JunitProblem, junitDocument, junitWithoutVerdict } from "./junit-reporter.ts";
import { reporterOf } from "./reporters.ts";

/**
 * @param notGated Why the run's failures do not count, where they don't.
 * @throws Error when the folder cannot be written; no half file is left.
 */
export async function writeRenderings(
  folder: RunFolder,
  summary: Summary,
  notGated?: string,
): Promise<void> {
  await replaceFile(runFile(folder, "report"), reporterOf("md").summary(summary));
  await replaceFile(runFile(folder, "junit"), junitDocument([{ run: summary, notGated }]));
}

/**
 * `junit.xml` alone, of a run that has no verdict: one test, which is not passed.
 * @throws Error when the folder cannot be written.
 */
export async function writeWithoutVerdict(
  folder: RunFolder,
  run: RunDocument,
  problem: Pick<JunitProblem, "type" | "message">,
): Promise<void> {
  await replaceFile(runFile(folder, "junit"), junitWithoutVerdict(run, problem));
}
