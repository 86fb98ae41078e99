/**
 * Alerts of a lane while a fault was on that does not touch it. The lane is judged as ever: nothing is excused. But
 * its lanes share a machine, so what the machine did in those seconds is said with it.
 */
import { optional } from "../../optional.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import { growth, largest } from "../series-growth.ts";
import type { AlertResult, CouplingResult, FaultResult } from "../summary-document.ts";

/** An alert is known some seconds after the first second that it is about. */
const alertedWithinS = 5;

export function couplings(
  reader: RecordingReader,
  {
    faults,
    alerts,
  }: { readonly faults: readonly FaultResult[]; readonly alerts: readonly AlertResult[] },
): CouplingResult[] {
  return faults.flatMap((fault) => {
    const { id, kind, target, lanes, injectedAtS, healedAtS, restoredAtS } = fault;
    if (injectedAtS === null) return [];
    const endS = restoredAtS ?? healedAtS ?? reader.run.durationS;
    const meanwhile = alerts.flatMap(({ budget, firedAtS }) => {
      const [lane = ""] = budget.split(".");
      const other = reader.run.lanes[lane] !== undefined && !lanes.includes(lane);
      const isIn = firedAtS >= injectedAtS && firedAtS <= endS + alertedWithinS;
      return other && isIn ? [{ lane, budget, firedAtS }] : [];
    });
    if (meanwhile.length === 0) return [];
    const machine = machineIn(reader, { startS: injectedAtS, endS });
    return meanwhile.map((each) => ({
      fault: id,
      what: `${kind} ${target}`,
      touches: [...lanes],
      ...each,
      ...machine,
    }));
  });
}

/** What all lanes share, as far as it was sampled. */
function machineIn(
  { timeline }: RecordingReader,
  range: { readonly startS: number; readonly endS: number },
): Pick<CouplingResult, "busyShare" | "ioWaitShare" | "slowestSyncMs"> {
  const grown = (name: string) => growth(timeline.samples(`machine.${name}Seconds`), [range]) ?? 0;
  const [busy, idle, ioWait, steal] = ["busy", "idle", "ioWait", "steal"].map(grown);
  const all = (busy ?? 0) + (idle ?? 0) + (ioWait ?? 0) + (steal ?? 0);
  const share = (part: number | undefined) => (all === 0 ? undefined : (part ?? 0) / all);
  const syncMs = largest(timeline.samples("machine.diskSyncMaxMs"), [range]);
  return optional({
    busyShare: share(busy),
    ioWaitShare: share(ioWait),
    slowestSyncMs: syncMs ?? undefined,
  });
}

/** In sentences. */
export function couplingNotes(found: readonly CouplingResult[]): string[] {
  return found.map((coupling) => {
    const { fault, what, touches, budget, firedAtS, busyShare, ioWaitShare, slowestSyncMs } =
      coupling;
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    const facts = [
      ...(busyShare === undefined ? [] : [`its processors were ${percent(busyShare)} busy`]),
      ...(ioWaitShare === undefined
        ? []
        : [`${percent(ioWaitShare)} of their time waited for the disk`]),
      ...(slowestSyncMs === undefined
        ? []
        : [`the slowest sync of its disk took ${Math.round(slowestSyncMs)} ms`]),
    ];
    const machine = facts.length === 0 ? "no figures of it are there" : facts.join(", ");
    return `Coupling: ${budget} had an alert at ${firedAtS} s, while fault ${fault} (${what}) was on, which touches ${touches.join(", ")} alone. The lanes share this machine: ${machine}.`;
  });
}
