/** Every fault that can be injected; a new one is one file and one line here. */
import { compact } from "./compact.ts";
import { defragment } from "./defragment.ts";
import type { FaultKind } from "./fault.ts";
import { kill } from "./kill.ts";
import { leaderTransfer } from "./leader-transfer.ts";
import { blackhole, degrade } from "./links.ts";
import { noisyNeighbour } from "./noisy-neighbour.ts";
import { pause } from "./pause.ts";
import { lose, partition } from "./real-loss.ts";
import { removeMember } from "./remove-member.ts";
import { restart } from "./restart.ts";
import { slowStart } from "./slow-start.ts";
import { spaceAlarm } from "./space-alarm.ts";
import { stop } from "./stop.ts";

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
