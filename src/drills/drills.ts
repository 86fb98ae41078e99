/** Every drill; a new one is one file and one line here. */
import type { Drill } from "./drill.ts";
import { gatewayCrash } from "./gateway-crash.ts";
import { gatewayPause } from "./gateway-pause.ts";
import { leaderLoss } from "./leader-loss.ts";
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
];

/** Drills that people look for and that can't be held here, and why. */
export const unavailableDrills: readonly { readonly name: string; readonly why: string }[] = [
  { name: "minority-partition", why: "links between etcd members can't be cut yet" },
  { name: "jitter-storm", why: "links between etcd members can't be slowed down yet" },
];
