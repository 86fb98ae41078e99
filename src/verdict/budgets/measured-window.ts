/** Which seconds of a run a figure covers. */
import { joined, type SecondRange, type SecondWindow } from "../../metrics/seconds.ts";
import type { RunDocument } from "../../recording/run-document.ts";

type Phased = Pick<RunDocument, "phases" | "durationS">;

const warmup = "warmup";

/**
 * Every second of the load but the warm-up. A second without a phase counts: a budget that leaves the phase
 * out judges all that was intended.
 */
export function measuredWindow(run: Phased): SecondWindow {
  const loadEndS = Math.ceil(run.durationS);
  const ranges: SecondRange[] = [];
  let fromS = 0;
  for (const { startS, endS } of run.phases.filter((phase) => phase.name === warmup)) {
    ranges.push({ startS: fromS, endS: Math.min(startS, loadEndS) });
    fromS = endS;
  }
  ranges.push({ startS: fromS, endS: loadEndS });
  return ranges.filter(({ startS, endS }) => endS > startS);
}

/** Every phase of that name. */
export function phaseWindow(run: Phased, name: string): SecondWindow {
  return joined(run.phases.filter((phase) => phase.name === name));
}
