/** Recording -> summary. Nothing but the recording is read, so a run can be judged again at any time. */
import type { RecordingReader } from "../recording/recording-reader.ts";
import type { GuaranteeResult, Summary } from "./summary-document.ts";

/** Runs checkers over a recording; `src/checkers/check-recording.ts` has the one of every run. */
export type GuaranteeCheck = (reader: RecordingReader) => Promise<readonly GuaranteeResult[]>;

/** @throws HuntError (exit code 2) when a budget of the recording cannot be parsed. */
export async function summarise(
  _reader: RecordingReader,
  _check: GuaranteeCheck,
): Promise<Summary> {
  throw new Error("summarise is being written");
}
