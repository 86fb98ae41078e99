/** When the faults of a run could be felt, from their recorded lives. */
import type { RunDocument } from "../recording/run-document.ts";
import type { OrderedEvent } from "../recording/timeline/timeline.ts";

export interface FaultWindow {
  readonly fault: string;
  readonly nodes: readonly string[];
  /** Run seconds: from the injection until every target served again and `settleS` after that. */
  readonly startS: number;
  readonly endS: number;
}

/** Caches fill and watches catch up after a target serves again. */
const settleS = 5;
/** What was acknowledged and not yet kept is lost by the fault that comes next. */
const soonS = 2;

interface FaultRecording {
  readonly timeline: { readonly events: readonly OrderedEvent[] };
  /** One that is not in it, since it came while the run went on, touches every lane. */
  readonly run: Pick<RunDocument, "faults">;
}

/** Of those that touch the lane, in time order. A fault that was never healed lasts to the end. */
export function faultWindows({ timeline, run }: FaultRecording, lane: string): FaultWindow[] {
  const touching = new Map(run.faults?.map(({ id, lanes }) => [id, lanes.includes(lane)]));
  const windows: FaultWindow[] = [];
  const nodes = new Map<string, readonly string[]>();
  for (const event of timeline.events) {
    if (event.kind !== "fault") continue;
    const { fault, t } = event;
    if (touching.get(fault) === false) continue;
    if (event.state === "armed") nodes.set(fault, event.resolvedTo ?? []);
    if (event.state === "injected") {
      const ofFault = nodes.get(fault) ?? [];
      windows.push({ fault, nodes: ofFault, startS: t, endS: Number.POSITIVE_INFINITY });
    }
    if (event.state !== "recovered") continue;
    const last = windows.findLastIndex((window) => window.fault === fault);
    const window = windows[last];
    if (window !== undefined) windows[last] = { ...window, endS: t + settleS };
  }
  return windows;
}

/** Those that overlap a span; with both ends the same: that were on at a moment. */
export function overlapping(
  windows: readonly FaultWindow[],
  fromS: number,
  toS: number,
): FaultWindow[] {
  return windows.filter(({ startS, endS }) => startS <= toS && endS >= fromS);
}

/** The faults that something overlapped, as the end of a sentence. */
export function during(faults: readonly FaultWindow[]): string {
  if (faults.length === 0) return ", with no fault on";
  const names = faults.map(({ fault, nodes, startS }) => {
    const where = nodes.length === 0 ? "" : ` on ${nodes.join(", ")}`;
    return `${fault}${where} (since ${startS.toFixed(1)} s)`;
  });
  return `, during ${names.join(" and ")}`;
}

/** The first fault that began soon after a moment, as the end of a sentence; empty when none did. */
export function soonAfter(faults: readonly FaultWindow[], atS: number): string {
  const next = faults.find(({ startS }) => startS > atS && startS <= atS + soonS);
  if (next === undefined) return "";
  const where = next.nodes.length === 0 ? "" : ` on ${next.nodes.join(", ")}`;
  return `, just before ${next.fault}${where} (${next.startS.toFixed(1)} s)`;
}
