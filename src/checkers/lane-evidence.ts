/**
 * How a lane is judged: from its recording alone, without the code that plays it. Checkers lie below the lanes,
 * so the list of evidence (`src/lanes/evidence.ts`) is handed to whoever judges.
 */
import { optional } from "../optional.ts";
import type { RunDocument } from "../recording/run-document.ts";
import type { RunFolder } from "../recording/run-folder.ts";
import type { GuaranteeResult } from "../verdict/summary-document.ts";
import type { Check, CheckContext, Checker } from "./checker.ts";
import type { FaultWindow } from "./fault-windows.ts";
import { resultOf } from "./finding.ts";
import type { LiveCheck } from "./live/live-check.ts";
import type { ShownFile } from "./record-file.ts";

export interface LaneEvidence {
  readonly lane: string;
  /** In the order of the results. */
  readonly checkers: readonly Pick<Checker, "source" | "guarantees">[];
  /** Holds one recording against every guarantee that was promised in it. */
  check(context: CheckContext): Promise<readonly GuaranteeResult[]>;
  /** What can be told while the run goes on. */
  readonly live?: LiveEvidence;
}

export interface LiveEvidence {
  /** What the recorded series of its figures begin with: `check` of `check.lost`. */
  readonly series: string;
  /** Whether the run writes what it needs. */
  watches(run: RunDocument): boolean;
  /** @param faults for the stories, as of now. */
  begin(folder: RunFolder, faults: () => readonly FaultWindow[]): LiveCheck;
}

export interface LaneEvidenceParts<Context extends CheckContext> {
  readonly lane: string;
  readonly checkers: readonly Checker<Context>[];
  /** Adds the lane's files to what all checkers are given. */
  open(context: CheckContext): Context;
  /** In the order in which they are shown where several are waited for. */
  files(context: Context): readonly ShownFile[];
  /** What to say of what can't be told yet, while the run goes on. */
  readonly notYet: string;
  readonly live?: LiveEvidence;
}

export function laneEvidence<Context extends CheckContext>(
  parts: LaneEvidenceParts<Context>,
): LaneEvidence {
  const { lane, checkers } = parts;
  const check = async (given: CheckContext) => {
    const context = parts.open(given);
    const begun = await Promise.all(checkers.map((checker) => checker.begin(context)));
    const checks = begun.filter((each) => each !== undefined);
    await showFiles(checks, parts.files(context));
    const results: GuaranteeResult[] = [];
    for (const each of checks) {
      const found = (await each.findings()).map((finding) => resultOf(lane, finding));
      results.push(
        ...(each.next === undefined ? found : found.map(whileLive(context, parts.notYet))),
      );
    }
    return results;
  };
  return { lane, checkers, check, ...optional({ live: parts.live }) };
}

/** Each file is read once for all that wait for it, the first of the files that anybody waits for. */
async function showFiles(checks: readonly Check[], files: readonly ShownFile[]): Promise<void> {
  const waiting = new Map<Check, ShownFile>();
  const ask = (check: Check) => {
    const file = check.next?.();
    if (file === undefined) waiting.delete(check);
    else waiting.set(check, file);
  };
  for (const check of checks) ask(check);
  while (waiting.size > 0) {
    const wanted = new Set(waiting.values());
    const file = files.find((each) => wanted.has(each));
    if (file === undefined) throw new Error("a check waits for a file that its lane does not show");
    await file.show();
    for (const [check, shown] of [...waiting]) if (shown === file) ask(check);
  }
}

/** While a run goes on its files are open and nothing was read back yet: no damage, only too early. */
function whileLive(
  { reader }: CheckContext,
  note: string,
): (result: GuaranteeResult) => GuaranteeResult {
  return (result) => (reader.live && result.outcome === "unknown" ? { ...result, note } : result);
}
