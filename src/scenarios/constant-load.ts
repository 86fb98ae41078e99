/** Scenarios of one level: a warm-up, then the same load until the end. */
import { secondsPerDig } from "../load/plan/reshape-plan.ts";
import type { Scenario } from "./scenario.ts";

interface ConstantLoad {
  readonly name: string;
  readonly description: string;
  readonly players: number;
  /** Instead of a dig per player and 7 s. */
  readonly digsPerS?: number;
  readonly durationS: number;
  readonly warmupS: number;
  /** Reads per dig. */
  readonly readRatio: number;
  readonly budgets: readonly string[];
}

function constantLoad(options: ConstantLoad): Scenario {
  const { name, description, players, durationS, warmupS, readRatio, budgets } = options;
  const rate = options.digsPerS ?? players / secondsPerDig;
  return {
    name,
    description,
    defaultSpeed: 1,
    plan: {
      seed: 1,
      durationS,
      players: [
        [0, players],
        [durationS, players],
      ],
      skew: 1,
    },
    lanes: {
      sessions: {
        rate: [
          [0, rate],
          [durationS, rate],
        ],
        readRatio,
        mix: { dig_started: 30, tiles_revealed: 50, loot_claimed: 20 },
        timeoutMs: 5_000,
      },
    },
    phases: [
      { name: "warmup", startS: 0, endS: warmupS },
      { name: "steady", startS: warmupS, endS: durationS },
    ],
    budgets,
  };
}

/** A few hundred operations per second: does everything work? */
export const smoke = constantLoad({
  name: "smoke",
  description: "15 s, 2,800 players (400 digs/s): does everything work?",
  players: 2_800,
  durationS: 15,
  warmupS: 4,
  // A read budget's p99 needs 1,000 reads even when the run is cut to 8 s.
  readRatio: 0.6,
  budgets: [
    "sessions.dig.p99 < 80ms @steady",
    "sessions.dig.errorRate < 0.1%",
    "sessions.read.p99 < 50ms @steady",
  ],
});

/** An ordinary evening, long enough for a p99 that can be compared. */
export const steady = constantLoad({
  name: "steady",
  description: "60 s, 4,000 sessions (571 digs/s): an ordinary evening.",
  players: 4_000,
  durationS: 60,
  warmupS: 6,
  readRatio: 0.25,
  budgets: [
    "sessions.dig.p99 < 50ms @steady",
    "sessions.dig.errorRate < 0.1%",
    "sessions.read.p99 < 40ms @steady",
    "sessions.raftCommitMs.p99 < 30ms @steady",
  ],
});

/**
 * Long enough for what grows to be seen; `npm run soak` judges what a budget can't say. A session's
 * state is bounded, and full after some 65 digs: a player who digs once a second is there within the
 * second minute, so that what still grows later is no state that fills.
 */
export const soak = constantLoad({
  name: "soak",
  description: "10 min, 4,000 players who dig once a second: does anything grow?",
  players: 4_000,
  digsPerS: 4_000,
  durationS: 600,
  warmupS: 60,
  readRatio: 0.25,
  budgets: [
    "sessions.dig.p99 < 50ms @steady",
    "sessions.dig.errorRate < 0.1%",
    "sessions.read.p99 < 40ms @steady",
    "sessions.raftCommitMs.p99 < 30ms @steady",
  ],
});
