/**
 * A snapshot as a running etcd: restored with etcdutl, served by a single member of its own. It is
 * thrown away after the comparison, so nothing of it is synced to the disk, and its end is SIGKILL.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { etcd } from "../../../engines/etcd/etcd.ts";
import { binaryPath } from "../../../engines/programs/binaries.ts";
import type { Backend, NodeExit, ProgramContext } from "../../../runtime/runtime.ts";
import type { TopologyNode } from "../../../topology/topology.ts";
import { runTool } from "./run-tool.ts";

export const restoreNode: TopologyNode = {
  id: "restore/1",
  kind: "tool",
  zone: "a",
  ports: [],
  settings: {},
};
export const warmNode: TopologyNode = {
  id: "warm/1",
  kind: "etcd",
  zone: "a",
  ports: ["client", "peer"],
  settings: { cluster: "warm" },
};

export interface RestoreOptions {
  readonly backend: Backend;
  readonly snapshotPath: string;
  readonly nice: number;
  readonly signal: AbortSignal;
}

export interface RestoredMember {
  /** `host:port` of its client port. */
  readonly address: string;
  /** Of `etcdutl snapshot restore`. */
  readonly restoreCpuSeconds: number;
  /** Ends it, removes its files; CPU seconds of the member. */
  discard(): Promise<number>;
}

const restoreBoundMs = 60_000;
const readyBoundMs = 15_000;
const readyPollEveryMs = 20;
const memberName = "warm-1";

/** @throws Error when it can't be restored or does not serve; nothing of it is left then. */
export async function restoreMember(options: RestoreOptions): Promise<RestoredMember> {
  const { backend, nice, signal } = options;
  let dataDir = "";
  let started = false;
  const discard = async () => {
    const exit = started ? await killMember(backend) : undefined;
    if (dataDir !== "") await rm(dataDir, { recursive: true, force: true });
    return exit?.cpuSeconds ?? 0;
  };
  try {
    const restored = await runTool({
      backend,
      node: restoreNode,
      command: (context) => {
        dataDir = join(context.dataDir, "member");
        return {
          program: binaryPath("etcdutl"),
          args: ["snapshot", "restore", options.snapshotPath, "--data-dir", dataDir, ...identity],
          env: { GOMAXPROCS: "1" },
          nice,
        };
      },
      boundMs: restoreBoundMs,
      signal,
    });
    signal.throwIfAborted();
    started = true;
    let context: ProgramContext | undefined;
    await backend.startNode(
      warmNode,
      (given) => {
        context = given;
        return {
          program: binaryPath("etcd"),
          args: serverArguments(given, dataDir),
          env: { GOMAXPROCS: "1" },
          nice,
        };
      },
      0,
    );
    if (context !== undefined) await waitUntilReady(context, signal);
    return {
      address: backend.addresses.address(warmNode.id, "client"),
      restoreCpuSeconds: restored.cpuSeconds,
      discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** The member's place in its cluster of one; nobody dials the peer address. */
const identity = [
  `--name=${memberName}`,
  `--initial-cluster=${memberName}=http://127.0.0.1:2380`,
  "--initial-advertise-peer-urls=http://127.0.0.1:2380",
];

function serverArguments({ node, addresses }: ProgramContext, dataDir: string): string[] {
  const clientUrl = `http://${addresses.address(node.id, "client")}`;
  return [
    ...identity,
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=http://${addresses.address(node.id, "peer")}`,
    // Alone it is leader as soon as it stands for election.
    "--heartbeat-interval=10",
    "--election-timeout=50",
    "--unsafe-no-fsync",
    `--quota-backend-bytes=${8 * 1024 ** 3}`,
    "--log-level=warn",
    "--log-outputs=stderr",
  ];
}

async function waitUntilReady(context: ProgramContext, signal: AbortSignal): Promise<void> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(readyBoundMs)]);
  let last: unknown;
  while (!bounded.aborted) {
    try {
      await etcd.checkReady(context, bounded);
      return;
    } catch (error) {
      last = error;
    }
    await sleep(readyPollEveryMs, undefined, { signal: bounded }).catch(() => {});
  }
  signal.throwIfAborted();
  throw new Error(`${warmNode.id} does not serve after ${readyBoundMs / 1000} s: ${String(last)}`);
}

async function killMember(backend: Backend): Promise<NodeExit | undefined> {
  if (!backend.status().some((node) => node.nodeId === warmNode.id)) return undefined;
  return backend.stopNode(warmNode.id);
}
