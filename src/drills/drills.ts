/** Every drill; a new one is one file and one line here. */
import type { Drill } from "./drill.ts";
import { gatewayCrash } from "./gateway-crash.ts";
import { gatewayPause } from "./gateway-pause.ts";
import { jitterStorm } from "./jitter-storm.ts";
import { leaderLoss } from "./leader-loss.ts";
import { minorityPartition } from "./minority-partition.ts";
import { proxyRestart } from "./proxy-restart.ts";
import { quorumLoss } from "./quorum-loss.ts";
import { spaceAlarm } from "./space-alarm.ts";
import { zoneLoss } from "./zone-loss.ts";

export const drills: readonly Drill[] = [
  leaderLoss,
  gatewayCrash,
  gatewayPause,
  proxyRestart,
  zoneLoss,
  quorumLoss,
  spaceAlarm,
  minorityPartition,
  jitterStorm,
];
