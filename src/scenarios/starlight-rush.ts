/**
 * The event day: 3,000 to 28,000 players in six minutes. Played at `--speed 4` by default; speed
 * compresses the curve, not what a player does, so 28,000 players are 4,000 digs per second at any speed.
 */
import { secondsPerDig } from "../load/plan/reshape-plan.ts";
import type { Scenario } from "./scenario.ts";

const players = [
  [0, 3_000],
  [36, 3_000],
  [156, 14_000],
  [168, 28_000],
  [312, 26_000],
  [360, 6_000],
] as const;

export const starlightRush = {
  name: "starlight-rush",
  description: "3,000 to 28,000 players in six minutes, played at 4x speed (90 s).",
  defaultSpeed: 4,
  plan: {
    seed: 1,
    durationS: 360,
    players,
    skew: 1,
  },
  lanes: {
    sessions: {
      rate: players.map(([atS, count]) => [atS, count / secondsPerDig] as const),
      readRatio: 0.25,
      mix: { dig_started: 30, tiles_revealed: 50, loot_claimed: 20 },
      timeoutMs: 5_000,
    },
  },
  phases: [
    { name: "warmup", startS: 0, endS: 36 },
    { name: "ramp", startS: 36, endS: 156 },
    { name: "spike", startS: 156, endS: 204 },
    { name: "steady", startS: 204, endS: 312 },
    { name: "cooldown", startS: 312, endS: 360 },
  ],
  // In mid-rush, with seconds of the spike and of the steady part left outside the windows.
  faults: [
    "degrade link:player->gateway with jitter=120ms,loss=3% at 96s for 6s as mobile",
    "degrade link:gateway->etcd with jitter=120ms,loss=3% at 96s for 6s as etcd-links",
    "kill etcd/leader at 164s for 3s as leader",
    "kill gateway/1 at 240s for 3s as gateway",
  ],
  budgets: [
    "sessions.dig.p99 < 50ms @ramp",
    "sessions.dig.p99 < 80ms @spike",
    "sessions.dig.p99 < 60ms @steady",
    "sessions.dig.errorRate < 0.1%",
    "sessions.read.p99 < 50ms @steady",
    "sessions.raftCommitMs.p99 < 40ms @steady",
  ],
} as const satisfies Scenario;
