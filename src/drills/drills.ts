/** Every drill, with the lane whose outage it rehearses. */
import type { Drill } from "../lanes/drill.ts";
import type { Lane, LaneChoices } from "../lanes/lane.ts";

export interface LaneDrill extends Drill {
  readonly lane: Lane;
}

export function drillsOf(lanes: readonly Lane[]): readonly LaneDrill[] {
  return lanes.flatMap((lane) => lane.rehearsals.drills.map((drill) => ({ ...drill, lane })));
}

/** With nothing that watches beside the load: a drill measures how soon the lane is well again, on one machine. */
export function unobserved<T extends LaneChoices>(chosen: T): T {
  const observers = Object.keys(chosen.observers).map((name) => [name, false] as const);
  return { ...chosen, observers: Object.fromEntries(observers) };
}
