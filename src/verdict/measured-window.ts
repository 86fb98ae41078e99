/** Which seconds of a run a figure covers. */
import type { SecondWindow } from "../metrics/seconds.ts";
import type { RunDocument } from "../recording/run-document.ts";

type Phased = Pick<RunDocument, "phases" | "durationS">;

const warmup = "warmup";

/** All phases but the warm-up; a run without phases counts as a whole. */
export function measuredWindow(run: Phased): SecondWindow {
  if (run.phases.length === 0) return [{ startS: 0, endS: Math.ceil(run.durationS) }];
  return joined(run.phases.filter((phase) => phase.name !== warmup));
}

/** Every phase of that name. */
export function phaseWindow(run: Phased, name: string): SecondWindow {
  return joined(run.phases.filter((phase) => phase.name === name));
}

function joined(ranges: SecondWindow): SecondWindow {
  const result: { startS: number; endS: number }[] = [];
  for (const { startS, endS } of ranges) {
    const last = result.at(-1);
    if (last !== undefined && last.endS === startS) last.endS = endS;
    else result.push({ startS, endS });
  }
  return result;
}
