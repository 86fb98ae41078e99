/** Every fault that the nodes and links of any lane can suffer; a new one is one file and one line here. Lanes add their own. */

import type { FaultKind } from "./fault.ts";
import { blackhole } from "./kinds/blackhole.ts";
import { degrade } from "./kinds/degrade.ts";
import { kill } from "./kinds/kill.ts";
import { limitData } from "./kinds/limit-data.ts";
import { lose } from "./kinds/lose.ts";
import { noisyNeighbour } from "./kinds/noisy-neighbour.ts";
import { partition } from "./kinds/partition.ts";
import { pause } from "./kinds/pause.ts";
import { refuse } from "./kinds/refuse.ts";
import { reset } from "./kinds/reset.ts";
import { restart } from "./kinds/restart.ts";
import { slowClose } from "./kinds/slow-close.ts";
import { slowStart } from "./kinds/slow-start.ts";
import { stop } from "./kinds/stop.ts";

export const generalFaultKinds: readonly FaultKind[] = [
  kill,
  pause,
  stop,
  restart,
  slowStart,
  noisyNeighbour,
  degrade,
  blackhole,
  reset,
  refuse,
  slowClose,
  limitData,
  lose,
  partition,
];

/** @throws Error for a name that no parser let through: a bug, or the journal of another hunt. */
export function kindNamed(kinds: readonly FaultKind[], name: string): FaultKind {
  const found = kinds.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`this hunt knows no fault "${name}"`);
  return found;
}
