/** The size of one simulated world and how badly it is treated, drawn from the seed. Small, so that thousands fit into a test. */
import type { StreamLimits } from "../../../src/reference-backend/sessions/gateway/stream-bounds.ts";
import type { LogLimits } from "../../../src/reference-backend/sessions/log/partition/log-limits.ts";
import type { Random } from "./world/random.ts";

/** Times that all worlds share; short against the product's, long against everything else here. */
export const sessionTtlMs = 3500;
export const tombstoneMs = 5500;
export const actionTimeoutMs = 2500;
/** After the last fault: until everything serves again, and until what is asked then is answered. */
export const recoverMs = 4500;
export const probeMs = 2500;
/** How late a request may still reach the store. */
export const requestLateMsMax = 3000;

export interface Settings {
  readonly gateways: number;
  readonly partitions: number;
  readonly players: number;
  readonly proxies: number;
  readonly activeMs: number;
  readonly faults: number;
  /** Of each request and reply between a gateway and the store. */
  readonly lossProbability: number;
  readonly lateProbability: number;
  /** Of each message between a client and a gateway. */
  readonly stallProbability: number;
  readonly breakProbability: number;
  readonly storeMs: number;
  readonly watchLagMs: number;
}

export function drawSettings(random: Random): Settings {
  const gateways = random.whole(2, 3);
  const rough = random.pick([0.2, 1, 1, 3]);
  return {
    gateways,
    partitions: random.pick([1, gateways, gateways, 4]),
    players: random.whole(2, 4),
    proxies: random.pick([1, 1, 2]),
    activeMs: random.between(3000, 5500),
    faults: random.whole(2, 6),
    lossProbability: 0.01 * rough,
    lateProbability: 0.01 * rough,
    stallProbability: 0.004 * rough,
    breakProbability: 0.002 * rough,
    storeMs: random.pick([1, 2, 5]),
    watchLagMs: random.pick([1, 5, 40]),
  };
}
/** A gateway that is told to stop is gone after this. */
export const longestStopMs = 2300;

/** The product's bounds, shrunk so that worlds of a few hundred operations reach them. */
export const limits: LogLimits = {
  foldTailBytes: 1200,
  tailBytesMax: 6000,
  foldSessions: 2,
  foldSessionsMax: 4,
  foldBytesMax: 4096,
  foldPauseMs: 20,
  trimRecordsMax: 8,
  loadSessions: 3,
  sweepPage: 2,
  sweepPauseMs: 10,
  heldSessionsMax: 4,
  knownSessionsMax: 64,
  compactBehindMs: 1500,
  compactEveryMs: 400,
  handOverIntervalMs: 5000,
  flushBytes: 100,
  recordBytesFast: 160,
  recordBytesMax: 400,
  queueBytesMax: 700,
  queueAgeMsMax: 1200,
};

/** In answers instead of bytes; a burst of a device, and a stalled one, reach them. */
export const streamLimits: StreamLimits = { unansweredMax: 30, unreadBytesMax: 24 };
