/**
 * A guarantee that held proves nothing when nothing could have broken it. Such a run is inconclusive: too few
 * operations, a fault while nobody played, or actions of which no end is known when the reads were made.
 * (A fault without evidence is `fault-results.ts`'s, a missing or partial ledger the checkers'.)
 */
import { actionsOf, wholeActionsOfLane } from "../../recording/recorded-actions.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { FaultResult } from "../summary-document.ts";

/** In sentences; empty for a run that is not over, which has reasons of its own. */
export function vacuityProblems(reader: RecordingReader, faults: readonly FaultResult[]): string[] {
  const { run, live, damaged } = reader;
  if (run.state.kind !== "finished" || live || damaged.has("timeline")) return [];
  return [...tooFew(reader), ...unplayedFaults(reader, faults), ...undrained(reader)];
}

const wholeRun = [{ startS: Number.NEGATIVE_INFINITY, endS: Number.POSITIVE_INFINITY }];

/** Of the writes of each lane; of a lane without any, its headline action. */
function tooFew({ run, timeline }: RecordingReader): string[] {
  const lanes = Object.entries(run.lanes);
  return lanes.flatMap(([lane, { actions, headline, fewestOperations }]) => {
    const writes = Object.entries(actions).flatMap(([name, { kind, partOf }]) =>
      partOf === undefined && (kind === "write" || kind === "stored") ? [name] : [],
    );
    const counted = writes.length === 0 ? [headline] : writes;
    const ok = counted.reduce(
      (sum, name) => sum + timeline.counts(`${lane}.${name}`, wholeRun).ok,
      0,
    );
    if (ok >= fewestOperations) return [];
    const whose = lanes.length === 1 ? "" : ` of ${lane}`;
    return [
      `Only ${ok} operations${whose} were acknowledged; fewer than ${fewestOperations} are too few to tell whether guarantees hold.`,
    ];
  });
}

function unplayedFaults(
  { run, timeline }: RecordingReader,
  faults: readonly FaultResult[],
): string[] {
  return faults.flatMap(({ id, kind, target, lanes, injectedAtS, healedAtS, restoredAtS }) => {
    if (injectedAtS === null) return [];
    const endS = Math.ceil(restoredAtS ?? healedAtS ?? run.durationS);
    const window = [{ startS: Math.floor(injectedAtS), endS: Math.max(endS, injectedAtS + 1) }];
    const touched = lanes.flatMap((lane) => wholeActionsOfLane(run, lane));
    const sent = touched.reduce((sum, name) => sum + timeline.counts(name, window).sent, 0);
    return sent > 0
      ? []
      : [
          `Fault ${id} (${kind} ${target}): no action was sent while it was on, so it put nothing to the test.`,
        ];
  });
}

function undrained({ run, timeline }: RecordingReader): string[] {
  return actionsOf(run).flatMap((name) => {
    const { intended, ok, fail, unknown, dropped } = timeline.counts(name, wholeRun);
    const open = intended - ok - fail - unknown - dropped;
    if (open <= 0) return [];
    return [
      `Of ${open} ${name} actions no end is recorded: the run was not drained before its final reads.`,
    ];
  });
}
