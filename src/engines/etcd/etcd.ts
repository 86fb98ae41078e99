/**
 * One etcd member. The cluster is every `etcd` node of the topology; members find each other by the
 * peer addresses, so a second cluster in one topology needs a `cluster` setting of its own.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeProgram, ProgramContext } from "../../runtime/runtime.ts";
import { nodeFileName, nodesOf, type TopologyNode } from "../../topology/topology.ts";
import { binaryPath } from "../programs/binaries.ts";
import { peerUrl } from "./etcd-peers.ts";

/** Settings of an etcd node and the flags that they set; what is absent keeps etcd's own default. */
const flagOfSetting: Readonly<Record<string, string>> = {
  heartbeatMs: "--heartbeat-interval",
  electionMs: "--election-timeout",
  quotaBytes: "--quota-backend-bytes",
  snapshotCount: "--snapshot-count",
  metrics: "--metrics",
};

const peerPollEveryMs = 5;

export const etcd: NodeProgram = {
  command: (context) => ({
    program: binaryPath("etcd"),
    args: memberArguments(context),
    env: {},
  }),
  rejoinCommand: (context) => ({
    program: binaryPath("etcd"),
    args: [...memberArguments(context), "--initial-cluster-state=existing"],
    env: {},
  }),
  checkReady: readLinearizably,
  waitBeforeNext: waitForPeerPort,
  // A first election that is split, with whatever timers the operator has chosen, and a second one.
  readyTimeoutMs: ({ settings }) => 15_000 + 4 * Number(settings["electionMs"] ?? 1_000),
  // A member alone needs 1 s to close. One that hands its leadership over to members that are stopping
  // too needs more, for nothing: etcd is safe against SIGKILL, and the data of a run is thrown away.
  stopTimeoutMs: 1_500,
};

function memberArguments(context: ProgramContext): string[] {
  const { node, addresses, dataDir } = context;
  const clientUrl = `http://${addresses.address(node.id, "client")}`;
  const members = membersOf(context).map(
    (member) => `${memberName(member)}=${peerUrl(context, member.id)}`,
  );
  return [
    `--name=${memberName(node)}`,
    `--data-dir=${dataDir}/etcd`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=http://${addresses.address(node.id, "peer")}`,
    `--initial-advertise-peer-urls=${peerUrl(context, node.id)}`,
    `--initial-cluster=${members.join(",")}`,
    `--initial-cluster-token=${clusterOf(node)}`,
    // At `warn` the lines about leader changes are missing.
    "--log-level=info",
    "--log-outputs=stderr",
    ...Object.entries(flagOfSetting).flatMap(([setting, flag]) => {
      const value = node.settings[setting];
      return value === undefined ? [] : [`${flag}=${value}`];
    }),
  ];
}

/**
 * A new member asks every peer whether the cluster exists already, and waits 1 s for each that listens
 * but does not answer yet: three members started at once need 2 s for that, five 4 s. A peer that is
 * not there refuses at once, one that serves answers at once.
 */
async function waitForPeerPort(context: ProgramContext, signal: AbortSignal): Promise<void> {
  const url = `http://${context.addresses.address(context.node.id, "peer")}/version`;
  while (!signal.aborted) {
    const answer = await fetch(url, { signal }).catch(() => undefined);
    if (answer !== undefined) {
      await answer.arrayBuffer();
      return;
    }
    await sleep(peerPollEveryMs);
  }
}

/** A read that only a member of a cluster with a leader can answer; over etcd's JSON gateway. */
async function readLinearizably(context: ProgramContext, signal: AbortSignal): Promise<void> {
  const address = context.addresses.address(context.node.id, "client");
  const response = await fetch(`http://${address}/v3/kv/range`, {
    method: "POST",
    // The NUL key, in base64: never written by anyone.
    body: JSON.stringify({ key: "AA==", serializable: false }),
    headers: { "content-type": "application/json" },
    signal,
  });
  const body = await response.text();
  if (!response.ok) {
    throw new Error(`a linearizable read at ${address} was answered ${response.status}: ${body}`);
  }
}

function membersOf(context: ProgramContext): TopologyNode[] {
  const cluster = clusterOf(context.node);
  return nodesOf(context.topology).filter(
    (node) => node.kind === "etcd" && clusterOf(node) === cluster,
  );
}

function clusterOf(node: TopologyNode): string {
  return String(node.settings["cluster"] ?? "etcd");
}

/** etcd allows any name without `=` and `,`; this one is also the log's file name. */
function memberName(node: TopologyNode): string {
  return nodeFileName(node.id);
}
