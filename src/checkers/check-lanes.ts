/** Holds the lanes of a recording against what they promise: at the end of a run, and from its folder at any later time. */
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import type { RecordingReader } from "../recording/recording-reader.ts";
import type { GuaranteeResult } from "../verdict/summary-document.ts";
import type { CheckContext } from "./checker.ts";
import { faultWindows } from "./fault-windows.ts";
import type { LaneEvidence } from "./lane-evidence.ts";

export type CheckLanesOptions = Pick<CheckContext, "secondChecker" | "partSize">;

/**
 * @param evidence of every lane that this hunt knows.
 * @returns a check that throws a HuntError (exit code 2) for a recording of another lane, and an Error for a lane
 * whose evidence promises nothing: a bug.
 */
export function checkLanes(
  evidence: readonly LaneEvidence[],
  options: CheckLanesOptions = {},
): (reader: RecordingReader) => Promise<GuaranteeResult[]> {
  return async (reader) => {
    const lanes = Object.keys(reader.run.lanes).map((lane) => evidenceOf(lane, evidence, reader));
    const results: GuaranteeResult[] = [];
    for (const each of lanes) {
      const context = {
        ...options,
        lane: each.lane,
        reader,
        faults: faultWindows(reader, each.lane),
      };
      const ofLane = await each.check(context);
      // Nothing that is promised can break: such a lane would pass whatever it did.
      if (ofLane.length === 0) throw new Error(`nothing is promised of the lane "${each.lane}"`);
      results.push(...ofLane);
    }
    return results;
  };
}

function evidenceOf(
  lane: string,
  evidence: readonly LaneEvidence[],
  { run }: RecordingReader,
): LaneEvidence {
  const found = evidence.find((each) => each.lane === lane);
  if (found !== undefined) return found;
  const known = evidence.map((each) => each.lane).join(", ");
  throw new HuntError({
    code: "recording.unknown-lane",
    message: `${run.runId} is a recording of the lane "${lane}". This hunt knows ${known}, so it can't judge it.`,
    exitCode: exitCodes.usage,
    hint: `Judge it with a hunt that knows the lane; ${run.versions["hunt"] ?? "another version"} made it.`,
  });
}
