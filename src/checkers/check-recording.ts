/** Runs the checkers over a recording: during `bench`, and again from the folder at any later time. */
import { stat } from "node:fs/promises";
import { readLedger } from "../recording/ledger-file.ts";
import { readObserved } from "../recording/observed-file.ts";
import type { RecordingReader } from "../recording/recording-reader.ts";
import { runFile } from "../recording/run-folder.ts";
import type { GuaranteeResult } from "../verdict/summary-document.ts";
import type { Checker } from "./checker.ts";
import { FinalReads } from "./final-reads.ts";

/** Every checker that a recording of this lane can be held against. */
function newCheckers(): readonly Checker[] {
  return [new FinalReads()];
}

/** Streams ledger and observations past every checker; a missing or partial file is a gap, no error. */
export async function checkRecording(reader: RecordingReader): Promise<GuaranteeResult[]> {
  const checkers = newCheckers();
  const ledger = runFile(reader.folder, "ledger");
  const observed = runFile(reader.folder, "observed");
  const gaps: string[] = [];
  const hasLedger = await exists(ledger);
  if (hasLedger) {
    const end = await readLedger(ledger, (record) => {
      for (const checker of checkers) checker.attempted(record);
    });
    if (end.problem !== undefined) gaps.push(withoutStop(end.problem));
  } else {
    gaps.push("ledger.bin is missing");
  }
  if (await exists(observed)) {
    const problem = await readObserved(observed, (record) => {
      for (const checker of checkers) checker.observed(record);
    });
    if (problem !== undefined) gaps.push(withoutStop(problem));
  } else {
    gaps.push("observed.bin is missing: the final reads were not made");
  }
  const curious = checkers.filter((checker) => checker.wantsRevisit());
  if (hasLedger && curious.length > 0) {
    await readLedger(ledger, (record) => {
      for (const checker of curious) checker.revisit(record);
    });
  }
  return checkers.flatMap((checker) => checker.finish(gaps));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Gaps are joined into one sentence. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}
