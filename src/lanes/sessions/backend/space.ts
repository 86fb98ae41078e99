/**
 * How much room the sessions lane needs, from its plan. docs/set-up.md has the measured runs that the figures come
 * from. The recording grows by what is intended. The store grows by what is acknowledged, and a slow
 * machine acknowledges less: that part is likely, not certain.
 */
import { memberSpace } from "../../../engines/etcd/etcd-space.ts";
import type { LoadPlan } from "../../../load/plan/load-plan.ts";
import { planned } from "../../../load/plan/planned.ts";
import { designOf, nodesOf, type Topology } from "../../../topology/topology.ts";
import type { LaneSpace, PlayedOn, SpacePart } from "../../lane-space.ts";
import { snapshotRoomBytes } from "../warm-follower/take-snapshot.ts";

/** What an acknowledged dig adds to the log and the database of each member of the store; measured. */
const storeBytesPerDig: Readonly<Record<string, { readonly wal: number; readonly db: number }>> = {
  naive: { wal: 4_300, db: 5_100 },
  delta: { wal: 290, db: 170 },
  log: { wal: 60, db: 55 },
};
/** Ledger and audit; measured 91 to 107 and 14 to 24 bytes. */
const recordedBytesPerDig = 130;
/** The fault that fills the store up to its quota. */
const filling = "space-alarm";

/** @param run Left out for a backend without a run: what its nodes take before anybody writes. */
export function sessionsSpace(topology: Topology, run?: PlayedOn): LaneSpace {
  const members = nodesOf(topology).filter(({ kind }) => kind === "etcd");
  const quota = members[0]?.settings["quotaBytes"];
  const quotaBytes = typeof quota === "number" ? quota : undefined;
  return {
    temp: tempNeeded({ members: members.length, quotaBytes }, designOf(topology, "sessions"), run),
    reports:
      run === undefined
        ? []
        : [{ what: "ledger and audit", bytes: recordedBytesPerDig * digsOf(run.plan).sum }],
  };
}

interface Store {
  readonly members: number;
  readonly quotaBytes: number | undefined;
}

function tempNeeded(
  { members, quotaBytes }: Store,
  design: string,
  run: PlayedOn | undefined,
): SpacePart[] {
  const none = { walBytes: 0, walBytesPerS: 0, dbBytes: 0 };
  const growth = run === undefined ? none : growthOf(run, design, quotaBytes);
  const { atStartBytes, logGrowthBytes, dbBytes } = memberSpace(growth, quotaBytes);
  const copies = snapshotRoomBytes(dbBytes) - snapshotRoomBytes(0);
  const warm = run?.observers["warmFollower"] === true;
  const option = "--no-warm-follower";
  return [
    { what: `write-ahead logs of ${members} etcd members`, bytes: members * atStartBytes },
    ...(warm ? [{ what: "the warm follower", bytes: snapshotRoomBytes(0), option }] : []),
    { what: "growth of the logs", bytes: members * logGrowthBytes, likely: true },
    { what: "growth of the databases", bytes: members * dbBytes, likely: true },
    { what: "snapshots of the database", bytes: warm ? copies : 0, likely: true },
  ].filter(({ bytes }) => bytes > 0);
}

function growthOf({ plan, faults }: PlayedOn, design: string, quotaBytes: number | undefined) {
  const { sum, max } = digsOf(plan);
  const { wal, db } = storeBytesPerDig[design] ?? { wal: 0, db: 0 };
  const filler = faults.includes(filling) ? (quotaBytes ?? 0) : 0;
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
