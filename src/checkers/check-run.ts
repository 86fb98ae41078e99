/** What a run's guarantees are held against wherever it is judged: all checkers, and the second opinion. */
import type { RecordingReader } from "../recording/recording-reader.ts";
import type { GuaranteeResult } from "../verdict/summary-document.ts";
import { checkRecording } from "./check-recording.ts";
import { checkLinearizability } from "./replicas/linearizability.ts";

/** @param linearize path of the program; it need not be there, see `linearizability.ts`. */
export function runCheck(
  linearize: string,
): (reader: RecordingReader) => Promise<GuaranteeResult[]> {
  return async (reader) => {
    const findings = [
      ...(await checkRecording(reader)),
      // It needs the final reads.
      ...(reader.live ? [] : [await checkLinearizability(reader, linearize)]),
    ];
    return findings.map((finding) => ({ lane: "sessions", ...finding }));
  };
}
