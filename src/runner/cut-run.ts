/**
 * `run.json` of a run that ended before its plan because its drill was over: it holds what was played,
 * so that everything that reads the recording sees a run of that length.
 */
import type { ScheduledFault } from "../faults/plan/schedule.ts";
import type { RunDocument } from "../recording/run-document.ts";
import type { TimelineEvent } from "../recording/timeline/events.ts";
import { withFaultPhases } from "../scenarios/fault-phases.ts";

type FaultEvent = Extract<TimelineEvent, { kind: "fault" }>;

/** @param endS Whole seconds that were played. @param events The faults' lives. */
export function cutRun(
  document: RunDocument,
  planned: readonly ScheduledFault[],
  { endS, events }: { readonly endS: number; readonly events: readonly FaultEvent[] },
): RunDocument {
  const at = (id: string, state: FaultEvent["state"]) =>
    events.find((event) => event.fault === id && event.state === state)?.t;
  const faults = planned.map((fault) => {
    const healedS = at(fault.id, "healed") ?? endS;
    return fault.forS === undefined ? fault : { ...fault, forS: Math.max(0, healedS - fault.atS) };
  });
  const warmUntilS = document.phases.find(({ name }) => name === "warmup")?.endS ?? 0;
  const even = [
    { name: "warmup" as const, startS: 0, endS: warmUntilS },
    { name: "steady" as const, startS: warmUntilS, endS },
  ];
  const touchedBy = new Map(document.faults?.map((fault) => [fault.id, fault.lanes]));
  const lanes = Object.entries(document.lanes).map(([id, lane]) => {
    const actions = Object.entries(lane.actions).map(([action, { plannedPerS, ...rest }]) => [
      action,
      {
        ...rest,
        ...(plannedPerS === undefined ? {} : { plannedPerS: plannedPerS.slice(0, endS) }),
      },
    ]);
    const touching = faults.filter((fault) => touchedBy.get(fault.id)?.includes(id) === true);
    const phases = withFaultPhases(even, touching);
    return [id, { ...lane, actions: Object.fromEntries(actions), phases }];
  });
  const forOf = new Map(faults.map(({ id, forS }) => [id, forS ?? null]));
  return {
    ...document,
    durationS: endS,
    phases: withFaultPhases(even, faults),
    lanes: Object.fromEntries(lanes),
    ...(document.faults === undefined
      ? {}
      : {
          faults: document.faults.map((fault) => ({ ...fault, forS: forOf.get(fault.id) ?? null })),
        }),
  };
}
