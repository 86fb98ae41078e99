/**
 * `report.md` and `junit.xml` of a run as it goes on. `junit.xml` is there from the start, and red: so a hunt
 * that is killed, or ends before there is a verdict, leaves nothing that a CI server could take for a pass.
 */

import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { reasonOf } from "../../reason-of.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { RunFolder } from "../../recording/run-folder.ts";
import { writeRenderings, writeWithoutVerdict } from "../../reporting/formats/write-renderings.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import type { RunView } from "../run-view.ts";

type Teller = Pick<RunView, "line">;

interface JudgedRun {
  readonly folder: RunFolder;
  readonly summary: Summary;
}

/** What stays where nobody comes to write a verdict. */
export async function renderUnfinished(
  folder: RunFolder,
  run: RunDocument,
  view: Teller,
): Promise<void> {
  const message = "hunt has written no verdict: the run goes on, or hunt was killed";
  await written(folder, view, () =>
    writeWithoutVerdict(folder, run, { type: "no-verdict", message }),
  );
}

/** A run that ended with an error instead of a verdict. */
export async function renderFailed(
  folder: RunFolder,
  run: RunDocument,
  { failure, view }: { readonly failure: unknown; readonly view: Teller },
): Promise<void> {
  const type = failure instanceof HuntError ? failure.code : "bug";
  const message = reasonOf(failure);
  await written(folder, view, () => writeWithoutVerdict(folder, run, { type, message }));
}

/**
 * @param notGated Why the run's failures do not count, where they don't.
 * @returns whether both are there: a CI that reads `junit.xml` must not take its absence for a pass
 */
export function renderJudged(
  { folder, summary }: JudgedRun,
  view: Teller,
  notGated?: string,
): Promise<boolean> {
  return written(folder, view, () => writeRenderings(folder, summary, notGated));
}

/** In place of 0 where a rendering is missing. A verdict keeps its own code: the renderings are copies. */
export function renderedCode(runs: readonly { readonly rendered: boolean }[]): number {
  return runs.every(({ rendered }) => rendered) ? exitCodes.pass : exitCodes.environment;
}

/** The renderings are copies: a disk that does not take them changes no verdict. */
async function written(
  folder: RunFolder,
  view: Teller,
  write: () => Promise<void>,
): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    const why = reasonOf(error);
    view.line(`${folder.runId}: report.md and junit.xml could not be written: ${why}`);
    return false;
  }
}
