/** Every bug that can be planted, with a run in which it shows and the guarantee that is about it. */
const smoke = ["--scenario", "smoke", "--no-warm-follower"];
const busy = ["--rate", "2000", "--players", "5000"];

export interface PlantedBug {
  readonly bug: string;
  readonly flags: readonly string[];
  /** What the run's faults are, in a table. */
  readonly faults: string;
  /** Has to be broken in every run. */
  readonly caughtBy: string;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    bug: "ack-before-commit",
    flags: [
      ...[...smoke, ...busy, "--duration", "16s"],
      ...["--fault", "kill gateway/1 at 5s for 1s", "--fault", "kill gateway/2 at 9s for 1s"],
    ],
    faults: "both gateways killed",
    caughtBy: "nothing-acknowledged-is-lost",
  },
  {
    bug: "lose-batch-on-leader-change",
    flags: [...smoke, ...busy, "--duration", "16s", "--fault", "kill etcd/leader at 6s for 2s"],
    faults: "the etcd leader killed",
    caughtBy: "nothing-acknowledged-is-lost",
  },
  {
    bug: "drop-one-in-20000",
    flags: [...smoke, "--duration", "18s", "--rate", "4000", "--players", "14000"],
    faults: "none",
    caughtBy: "nothing-acknowledged-is-lost",
  },
  {
    bug: "apply-retry-twice",
    flags: [
      ...[...smoke, "--duration", "12s"],
      ...["--fault", "blackhole link:player->gateway with direction=from at 4s for 5s"],
    ],
    faults: "the gateways' answers held for 5 s",
    caughtBy: "nothing-is-applied-twice",
  },
  {
    bug: "stale-cache",
    flags: [...smoke, "--duration", "12s", "--rate", "1500", "--players", "3000"],
    faults: "none",
    caughtBy: "reads-are-fresh-after-a-second",
  },
  {
    bug: "reorder-batches",
    flags: [...smoke, "--duration", "12s", ...busy],
    faults: "none",
    caughtBy: "log-order-is-real-time-order",
  },
  {
    bug: "resurrect-closed-session",
    flags: [...smoke, "--duration", "12s", "--session-ttl", "3s"],
    faults: "none; sessions closed after 3 s",
    caughtBy: "closed-sessions-stay-closed",
  },
  {
    bug: "skip-fencing",
    // Players stay with a gateway that is silent for so short a time; their second devices are with the other.
    flags: [
      ...[...smoke, ...busy, "--duration", "20s", "--two-devices", "1"],
      // A gateway that comes back with nothing in its hands meets nobody's record: once in some eight runs.
      ...["--fault", "pause gateway/1 at 6s for 2s", "--fault", "pause gateway/2 at 12s for 2s"],
    ],
    faults: "both gateways paused, one after the other; everybody on two devices",
    caughtBy: "log-holds-each-operation-once",
  },
];

/** A run without a bug in which everything is broken that a bug above needs broken. */
export const cleanRun: readonly string[] = [
  ...[...smoke, ...busy, "--duration", "26s", "--session-ttl", "8s"],
  ...["--fault", "degrade link:player->gateway at 7s for 3s with profile=mobile-4g"],
  ...["--fault", "kill etcd/leader at 11s for 2s", "--fault", "kill gateway/1 at 15s for 1s"],
  ...["--fault", "pause gateway/2 at 20s for 2s"],
];
