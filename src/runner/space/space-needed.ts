/**
 * How much room a run needs in its two folders, from its plan. docs/set-up.md has the measured runs that the
 * figures come from. The recording grows by what is intended. The store grows by what is acknowledged, and a slow
 * machine acknowledges less: that part is likely, not certain.
 */
import { memberSpace } from "../../engines/etcd-space.ts";
import type { LaneDesign } from "../../lanes/lane.ts";
import { snapshotRoomBytes } from "../../lanes/sessions/warm-follower/take-snapshot.ts";
import type { LoadPlan } from "../../load/plan/load-plan.ts";
import { planned } from "../../load/plan/planned.ts";
import { nodesOf, type Topology } from "../../topology/topology.ts";

export interface SpacePart {
  readonly what: string;
  readonly bytes: number;
  /** Only when all that is planned is acknowledged. */
  readonly likely?: boolean;
}

export interface TempFacts {
  readonly members: number;
  readonly quotaBytes: number | undefined;
  /** Absent for a backend without a run. */
  readonly run?: {
    readonly plan: LoadPlan;
    readonly storeBytesPerDig: LaneDesign["storeBytesPerDig"];
    readonly warmFollower: boolean;
    /** A fault fills the store up to its quota. */
    readonly filled: boolean;
  };
}

export const warmFollowerPart = "the warm follower";

/** `native/tools/cmd/disk` begins its file anew there. */
const diskProbeBytes = 16e6;
/** Timeline, histograms and logs; measured 56 KB. */
const recordedBytesPerS = 60e3;
/** Ledger and audit; measured 91 to 107 and 14 to 24 bytes. */
const recordedBytesPerDig = 130;
/** Final reads, summary, renderings. */
const recordedAtEndBytes = 1e6;

/** Of the nodes' data, below TMPDIR. */
export function tempNeeded({ members, quotaBytes, run }: TempFacts): SpacePart[] {
  const none = { walBytes: 0, walBytesPerS: 0, dbBytes: 0 };
  const member = memberSpace(run === undefined ? none : growthOf(run, quotaBytes), quotaBytes);
  const { atStartBytes, logGrowthBytes, dbBytes } = member;
  const copies = snapshotRoomBytes(dbBytes) - snapshotRoomBytes(0);
  const warm = run?.warmFollower === true;
  return [
    { what: `write-ahead logs of ${members} etcd members`, bytes: members * atStartBytes },
    ...(run === undefined ? [] : [{ what: "the probe of the disk", bytes: diskProbeBytes }]),
    ...(warm ? [{ what: warmFollowerPart, bytes: snapshotRoomBytes(0) }] : []),
    { what: "growth of the logs", bytes: members * logGrowthBytes, likely: true },
    { what: "growth of the databases", bytes: members * dbBytes, likely: true },
    { what: "snapshots of the database", bytes: warm ? copies : 0, likely: true },
  ].filter(({ bytes }) => bytes > 0);
}

/** Of a backend that stays: what its nodes take before anybody writes. */
export function backendSpace(topology: Topology): SpacePart[] {
  const members = nodesOf(topology).filter(({ kind }) => kind === "etcd").length;
  return tempNeeded({ members, quotaBytes: undefined });
}

/** Of the recording, in the reports folder. */
export function reportsNeeded(plan: LoadPlan): SpacePart[] {
  const perSecond = recordedBytesPerS * plan.durationS;
  return [
    { what: "timeline, histograms and logs", bytes: perSecond + recordedAtEndBytes },
    { what: "ledger and audit", bytes: recordedBytesPerDig * digsOf(plan).sum },
  ];
}

function growthOf(run: NonNullable<TempFacts["run"]>, quotaBytes: number | undefined) {
  const { sum, max } = digsOf(run.plan);
  const { wal, db } = run.storeBytesPerDig;
  const filler = run.filled ? (quotaBytes ?? 0) : 0;
  return { walBytes: sum * wal + filler, walBytesPerS: max * wal, dbBytes: sum * db + filler };
}

function digsOf(plan: LoadPlan): { readonly sum: number; readonly max: number } {
  let sum = 0;
  let max = 0;
  for (let second = 0; second < plan.durationS; second += 1) {
    const { digs } = planned(plan, second);
    sum += digs;
    max = Math.max(max, digs);
  }
  return { sum, max };
}
