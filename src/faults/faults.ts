/** Every fault that the nodes and links of any lane can suffer; a new one is one file and one line here. Lanes add their own. */

import type { FaultKind } from "./fault.ts";
import { kill } from "./kinds/kill.ts";
import { blackhole } from "./kinds/links/blackhole.ts";
import { degrade } from "./kinds/links/degrade.ts";
import { limitData } from "./kinds/links/limit-data.ts";
import { lose } from "./kinds/links/lose.ts";
import { partition } from "./kinds/links/partition.ts";
import { refuse } from "./kinds/links/refuse.ts";
import { reset } from "./kinds/links/reset.ts";
import { slowClose } from "./kinds/links/slow-close.ts";
import { noisyNeighbour } from "./kinds/noisy-neighbour.ts";
import { pause } from "./kinds/pause.ts";
import { restart } from "./kinds/restart.ts";
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
