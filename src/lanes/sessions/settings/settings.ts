/** What the operator chooses about sessions, read from the lane's flags. What is not given keeps the defaults below, or those of etcd and of the gateways. */
import { durationFlag, flagError, numberFlag, sizeFlag } from "../../../flag-values.ts";
import { readProtocols } from "../../../load/plan/load-plan.ts";
import { optional } from "../../../optional.ts";
import type { LaneChoices } from "../../lane.ts";
import type { GivenFlags } from "../../lane-flag.ts";
import type { TopologySettings } from "./topology-settings.ts";

type RaftTimers = TopologySettings["raftTimers"];

/** etcd's own bounds (`server/embed/config.go`): a pair beyond them ends the member at its start. */
const electionHeartbeats = 5;
const maxElectionMs = 50_000;
const maxGateways = 16;
const maxSessionTtlS = 604_800;
const mebibyte = 1024 ** 2;

/** @throws HuntError (exit code 2) that names the flag, what it takes and what it got. */
export function readSessionsFlags(given: GivenFlags): LaneChoices {
  const text = (key: string) => (given[key] === undefined ? undefined : String(given[key]));
  return {
    settings: sessionsSettings(text),
    load: optional({
      readRatio: number("--read-ratio", text("readRatio"), 100),
      readProtocol: protocol(text("reads")),
      twoDeviceShare: number("--two-devices", text("twoDevices"), 1),
    }),
    observers: { warmFollower: given["warmFollower"] !== false },
  };
}

function sessionsSettings(text: (key: string) => string | undefined): TopologySettings {
  const [quota, foldTail, sessionTtl] = [text("quota"), text("foldTail"), text("sessionTtl")];
  const gateways = { flag: "--gateways", min: 1, max: maxGateways, integer: true };
  const stores = { flag: "--quota", min: mebibyte / 4, max: 64 * 1024 * mebibyte };
  const tails = { flag: "--fold-tail", min: 1024, max: 8 * mebibyte };
  return {
    etcdSize: etcdSize(text("etcdSize") ?? "3"),
    gateways: numberFlag(text("gateways") ?? "2", gateways),
    raftTimers: raftTimers(text("raftTimers") ?? "50/250"),
    etcdMetrics: etcdMetrics(text("etcdMetrics") ?? "basic"),
    ...optional({
      quotaBytes: quota === undefined ? undefined : sizeFlag(quota, stores),
      foldTailBytes: foldTail === undefined ? undefined : sizeFlag(foldTail, tails),
      sessionTtlS: sessionTtl === undefined ? undefined : sessionTtlS(sessionTtl),
    }),
  };
}

function etcdSize(text: string): number {
  if (["3", "5", "7"].includes(text)) return Number(text);
  throw flagError("--etcd-size", "3, 5 or 7", text);
}

function etcdMetrics(text: string): TopologySettings["etcdMetrics"] {
  if (text === "basic" || text === "extensive") return text;
  throw flagError("--etcd-metrics", "basic or extensive", text);
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

function number(flag: string, text: string | undefined, max: number): number | undefined {
  return text === undefined ? undefined : numberFlag(text, { flag, min: 0, max, integer: false });
}

function protocol(text: string | undefined): (typeof readProtocols)[number] | undefined {
  const found = readProtocols.find((value) => value === text);
  if (text === undefined || found !== undefined) return found;
  throw flagError("--reads", readProtocols.join(" or "), text);
}
