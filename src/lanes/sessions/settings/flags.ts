/** The flags of the sessions lane, in the order of the help; `settings.ts` and `load-part.ts` read them. */
import type { LaneFlag } from "../../lane-flag.ts";

const backend = ["bench", "up"] as const;

export const sessionsFlags: readonly LaneFlag[] = [
  {
    flags: "--etcd-size <n>",
    description: "etcd members: 3, 5 or 7 (default 3)",
    variable: "ETCD_SIZE",
    commands: backend,
  },
  {
    flags: "--gateways <n>",
    description: "session gateways (default 2)",
    variable: "GATEWAYS",
    commands: backend,
  },
  {
    flags: "--raft-timers <ms/ms>",
    description: "etcd's heartbeat/election, such as 50/250 (default), 100/1000, 500/2500",
    variable: "RAFT_TIMERS",
    commands: ["bench", "up", "drill"],
  },
  {
    flags: "--quota <size>",
    description: "etcd refuses writes above this store size (default 2GiB)",
    variable: "QUOTA",
    commands: backend,
  },
  {
    flags: "--etcd-metrics <kind>",
    description: "basic, or extensive: etcd times every RPC too (default basic)",
    variable: "ETCD_METRICS",
    commands: backend,
  },
  {
    flags: "--fold-tail <size>",
    description: "design log: fold a partition's log beyond this",
    variable: "FOLD_TAIL",
    designs: ["log"],
    commands: backend,
  },
  {
    flags: "--session-ttl <time>",
    description: "design log: close sessions idle for so long",
    variable: "SESSION_TTL",
    designs: ["log"],
    commands: backend,
  },
  {
    flags: "--read-ratio <n>",
    description: "reads per dig, on top of the digs",
    variable: "READ_RATIO",
    commands: ["bench"],
  },
  {
    flags: "--reads <protocol>",
    description: "how reads reach the proxy: http or grpc",
    variable: "READS",
    commands: ["bench"],
  },
  {
    flags: "--two-devices <share>",
    description: "share of the players with two devices at once (0.03125; 0: none)",
    variable: "TWO_DEVICES",
    commands: ["bench"],
  },
  {
    flags: "--no-warm-follower",
    description: "compare no restored snapshots",
    variable: "NO_WARM_FOLLOWER",
    commands: ["bench"],
  },
];
