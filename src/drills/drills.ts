/** Every drill, with the lane whose outage it rehearses. */
import type { Drill } from "../lanes/drill.ts";
import type { Lane } from "../lanes/lane.ts";

export interface LaneDrill extends Drill {
  readonly lane: Lane;
}

export function drillsOf(lanes: readonly Lane[]): readonly LaneDrill[] {
  return lanes.flatMap((lane) => lane.rehearsals.drills.map((drill) => ({ ...drill, lane })));
}
