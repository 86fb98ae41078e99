/** What only a store of etcd can suffer; a new kind is one file and one line here. */
import type { FaultKind } from "../../../faults/fault.ts";
import { compact } from "./compact.ts";
import { defragment } from "./defragment.ts";
import { leaderTransfer } from "./leader-transfer.ts";
import { removeMember } from "./remove-member.ts";
import { spaceAlarm } from "./space-alarm.ts";

export const sessionsFaults: readonly FaultKind[] = [
  leaderTransfer,
  compact,
  defragment,
  spaceAlarm,
  removeMember,
];
