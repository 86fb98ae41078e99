/** Every fault that can be injected; a new one is one file and one line here. */

import type { FaultKind } from "./fault.ts";
import { blackhole } from "./kinds/blackhole.ts";
import { compact } from "./kinds/compact.ts";
import { defragment } from "./kinds/defragment.ts";
import { degrade } from "./kinds/degrade.ts";
import { kill } from "./kinds/kill.ts";
import { leaderTransfer } from "./kinds/leader-transfer.ts";
import { lose } from "./kinds/lose.ts";
import { noisyNeighbour } from "./kinds/noisy-neighbour.ts";
import { partition } from "./kinds/partition.ts";
import { pause } from "./kinds/pause.ts";
import { removeMember } from "./kinds/remove-member.ts";
import { restart } from "./kinds/restart.ts";
import { slowStart } from "./kinds/slow-start.ts";
import { spaceAlarm } from "./kinds/space-alarm.ts";
import { stop } from "./kinds/stop.ts";

export const faultKinds: readonly FaultKind[] = [
  kill,
  pause,
  stop,
  restart,
  slowStart,
  noisyNeighbour,
  leaderTransfer,
  compact,
  defragment,
  spaceAlarm,
  removeMember,
  degrade,
  blackhole,
  lose,
  partition,
];

/** @throws Error for a name that no parser let through: a bug, or the journal of another hunt. */
export function faultKind(name: string): FaultKind {
  const found = faultKinds.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`this hunt knows no fault "${name}"`);
  return found;
}
