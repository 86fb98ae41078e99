/** Every drill of sessions; a new one is one file and one line here. */
import type { LaneRehearsals } from "../../drill.ts";
import { gatewayCrash } from "./gateway-crash.ts";
import { gatewayPause } from "./gateway-pause.ts";
import { jitterStorm } from "./jitter-storm.ts";
import { leaderLoss } from "./leader-loss.ts";
import { minorityPartition } from "./minority-partition.ts";
import { proxyRestart } from "./proxy-restart.ts";
import { quorumLoss } from "./quorum-loss.ts";
import { spaceAlarm } from "./space-alarm.ts";
import { zoneLoss } from "./zone-loss.ts";

export const sessionsRehearsals: LaneRehearsals = {
  drills: [
    leaderLoss,
    gatewayCrash,
    gatewayPause,
    proxyRestart,
    zoneLoss,
    quorumLoss,
    spaceAlarm,
    minorityPartition,
    jitterStorm,
  ],
  steadyState: [
    "sessions.dig.p99 < 150ms",
    "sessions.dig.errorRate < 1%",
    "sessions.read.errorRate < 1%",
  ],
  look: "etcdctl endpoint status --cluster -w table",
  scenario: "smoke",
  players: 1_400,
};
