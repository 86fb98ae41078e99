/**
 * Flags that shape the backend, read alike by every command that starts one (`bench`, `up`).
 * What is not given keeps the defaults below, or those of etcd and of the gateways.
 */
import { Option } from "commander";
import { bugsOfTheLog, sabotages } from "../../lanes/sessions/sabotage.ts";
import { suggestionFor } from "../../suggestion.ts";
import type { TopologySettings } from "../../topology/topology-settings.ts";
import { plainTable } from "../lists/plain-table.ts";
import { flag } from "../registration.ts";
import { durationFlag, flagError, numberFlag, sizeFlag } from "./flag-values.ts";

export interface TopologyFlags {
  readonly etcdSize?: string;
  readonly gateways?: string;
  readonly raftTimers?: string;
  readonly quota?: string;
  readonly sabotage?: string;
  readonly etcdMetrics?: string;
  readonly foldTail?: string;
  readonly sessionTtl?: string;
  readonly links?: string;
}

/** What only the design `log` has: its tail, and the gateway's clock that closes sessions. */
export const logFlags = ["foldTail", "sessionTtl"] as const;

type RaftTimers = TopologySettings["raftTimers"];

/** etcd's own bounds (`server/embed/config.go`): a pair beyond them ends the member at its start. */
const electionHeartbeats = 5;
const maxElectionMs = 50_000;
const maxGateways = 16;
const maxSessionTtlS = 604_800;
const mebibyte = 1024 ** 2;

/**
 * The options for commander, in the order of the help. Each may stand in `hunt.config.yaml` and in
 * `HUNT_*` as well.
 */
export function topologyOptions(): Option[] {
  return [
    flag("--etcd-size <n>", "etcd members: 3, 5 or 7 (default 3)", "ETCD_SIZE"),
    flag("--gateways <n>", "session gateways (default 2)", "GATEWAYS"),
    raftTimersOption(),
    flag("--quota <size>", "etcd refuses writes above this store size (default 2GiB)", "QUOTA"),
    flag(
      "--etcd-metrics <kind>",
      "basic, or extensive: etcd times every RPC too (default basic)",
      "ETCD_METRICS",
    ),
    flag("--fold-tail <size>", "design log: fold a partition's log beyond this", "FOLD_TAIL"),
    // No variable and no line of a file: nobody sabotages a run without meaning to.
    new Option("--sabotage <bug>", "plant a bug in the services on purpose; list shows them"),
    flag("--session-ttl <time>", "design log: close sessions idle for so long", "SESSION_TTL"),
    flag(
      "--links <kind>",
      "direct, or proxied: every link through Toxiproxy (default: those that faults act on)",
      "LINKS",
    ),
  ];
}

/** Also of `hunt drill`. */
export function raftTimersOption(): Option {
  return flag(
    "--raft-timers <ms/ms>",
    "etcd's heartbeat/election, such as 50/250 (default), 100/1000, 500/2500",
    "RAFT_TIMERS",
  );
}

/** @throws HuntError (exit code 2) that names the flag, what it takes and what it got. */
export function topologySettings(flags: TopologyFlags): TopologySettings {
  const { quota, foldTail, sessionTtl, links, sabotage } = flags;
  return {
    etcdSize: etcdSize(flags.etcdSize ?? "3"),
    gateways: numberFlag(flags.gateways ?? "2", {
      flag: "--gateways",
      min: 1,
      max: maxGateways,
      integer: true,
    }),
    raftTimers: raftTimers(flags.raftTimers ?? "50/250"),
    etcdMetrics: etcdMetrics(flags.etcdMetrics ?? "basic"),
    ...(quota === undefined
      ? {}
      : {
          quotaBytes: sizeFlag(quota, {
            flag: "--quota",
            min: mebibyte / 4,
            max: 64 * 1024 * mebibyte,
          }),
        }),
    ...(foldTail === undefined
      ? {}
      : {
          foldTailBytes: sizeFlag(foldTail, { flag: "--fold-tail", min: 1024, max: 8 * mebibyte }),
        }),
    ...(sessionTtl === undefined ? {} : { sessionTtlS: sessionTtlS(sessionTtl) }),
    ...(sabotage === undefined ? {} : { sabotage: plantedBug(sabotage) }),
    ...(links === undefined ? {} : { links: linksKind(links) }),
  };
}

/** @throws HuntError (exit code 2) when a flag says something of the log, and none of the designs has one. */
export function checkLogFlags(designs: readonly { readonly name: string }[], flags: TopologyFlags) {
  if (designs.some(({ name }) => name === "log")) return;
  const got = `--design ${designs.map(({ name }) => name).join(",")}`;
  for (const [flag, value] of [
    ["--fold-tail", flags.foldTail],
    ["--session-ttl", flags.sessionTtl],
  ] as const) {
    if (value !== undefined) throw flagError(flag, "design log, which alone has it", got);
  }
  const { sabotage } = flags;
  if (sabotage !== undefined && bugsOfTheLog.includes(sabotage)) {
    throw flagError(`--sabotage ${sabotage}`, "design log, which alone can have this bug", got);
  }
}

function etcdSize(text: string): number {
  if (["3", "5", "7"].includes(text)) return Number(text);
  throw flagError("--etcd-size", "3, 5 or 7", text);
}

function etcdMetrics(text: string): TopologySettings["etcdMetrics"] {
  if (text === "basic" || text === "extensive") return text;
  throw flagError("--etcd-metrics", "basic or extensive", text);
}

function linksKind(text: string): NonNullable<TopologySettings["links"]> {
  if (text === "direct" || text === "proxied") return text;
  throw flagError("--links", "direct or proxied", text);
}

function raftTimers(text: string): RaftTimers {
  const match = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text.trim());
  if (match === null) {
    throw flagError("--raft-timers", "HEARTBEAT/ELECTION in milliseconds such as 50/250", text);
  }
  const [heartbeatMs, electionMs] = [Number(match[1]), Number(match[2])];
  if (electionMs < electionHeartbeats * heartbeatMs) {
    const least = electionHeartbeats * heartbeatMs;
    throw flagError(
      "--raft-timers",
      `an election of at least ${electionHeartbeats} heartbeats (${least} ms), as etcd does`,
      text,
    );
  }
  if (electionMs > maxElectionMs) {
    throw flagError(
      "--raft-timers",
      `an election of at most ${maxElectionMs} ms, as etcd does`,
      text,
    );
  }
  return { heartbeatMs, electionMs };
}

function sessionTtlS(text: string): number {
  const seconds = durationFlag(text, "--session-ttl");
  if (Number.isInteger(seconds) && seconds <= maxSessionTtlS) return seconds;
  throw flagError("--session-ttl", `whole seconds, such as 30s or 30m`, text);
}

function plantedBug(text: string): string {
  if (Object.hasOwn(sabotages, text)) return text;
  const names = Object.keys(sabotages);
  throw flagError("--sabotage", `one of ${names.join(", ")} (${suggestionFor(text, names)})`, text);
}

/** What `--sabotage list` prints. */
export function sabotageList(): string {
  return plainTable(["BUG", "WHAT"], Object.entries(sabotages));
}
