/** Which seconds of a run a figure covers. */
import { joined, type SecondRange, type SecondWindow } from "../../metrics/seconds.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { BudgetSubject } from "./budget.ts";

export interface Phased extends Pick<RunDocument, "phases" | "durationS"> {
  /** Those of each lane; absent: all have the run's. */
  readonly lanes?: Readonly<Record<string, Pick<RunDocument, "phases">>>;
  readonly nodes?: RunDocument["nodes"];
}

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

/** Every phase of that name on the axis, out of which each fault is cut. */
export function phaseWindow(run: Pick<Phased, "phases">, name: string): SecondWindow {
  return joined(run.phases.filter((phase) => phase.name === name));
}

/**
 * The seconds that a budget judges. A fault cuts the phases of the lanes that it touches, no others; how a lane
 * did while another one's fault was on (`@fault:<id>`) can be asked for all the same.
 */
export function budgetWindow(
  run: Phased,
  { subject, phase }: { readonly subject: BudgetSubject; readonly phase?: string },
): SecondWindow {
  if (phase === undefined) return measuredWindow(run);
  const lane = laneOf(run, subject);
  const own = lane === undefined ? undefined : run.lanes?.[lane];
  const isFault = phase.startsWith("fault:");
  return phaseWindow(isFault || own === undefined ? run : own, phase);
}

function laneOf({ nodes }: Phased, subject: BudgetSubject): string | undefined {
  if (subject.kind === "node") return nodes?.find(({ id }) => id === subject.node)?.lane;
  return subject.kind === "fault" ? undefined : subject.lane;
}
