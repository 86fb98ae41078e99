/** A snapshot of the cluster, taken with etcdctl from a follower. Only the newest one is kept. */
import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { binaryPath } from "../../../engines/programs/binaries.ts";
import type { Backend } from "../../../runtime/runtime.ts";
import type { TopologyNode } from "../../../topology/topology.ts";
import type { ComparedMember } from "./compare-members.ts";
import { type MemberStatus, memberStatus } from "./etcd-maintenance.ts";
import { runTool } from "./run-tool.ts";

export const snapshotNode: TopologyNode = {
  id: "snapshot/1",
  kind: "tool",
  zone: "a",
  ports: [],
  settings: {},
};

export interface Snapshot {
  /** The follower that it was taken from. */
  readonly member: string;
  readonly path: string;
  readonly bytes: number;
  readonly cpuSeconds: number;
}

export interface SnapshotOptions {
  readonly backend: Backend;
  readonly members: readonly ComparedMember[];
  /** Chooses among the followers, so that each has its turn. */
  readonly turn: number;
  /** Where the nodes' data folders are. */
  readonly tmpDir: string;
  /** A larger database is left alone. */
  readonly maxBytes: number;
  readonly nice: number;
  readonly signal: AbortSignal;
}

const boundMs = 30_000;
/** The snapshot, the one that it replaces, and the restored copy of one. */
const copiesOnDisk = 3;
const spareBytes = 256 * 1024 * 1024;

/** @throws Error when there is no follower, the database is too large, or etcdctl fails. */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { backend, signal } = options;
  const { member, status } = await chooseFollower(options);
  if (status.dbBytes > options.maxBytes) {
    throw new Error(`the database has ${status.dbBytes} bytes, more than ${options.maxBytes}`);
  }
  let path = "";
  await checkSpace(options.tmpDir, status.dbBytes);
  const exit = await runTool({
    backend,
    node: snapshotNode,
    command: ({ dataDir }) => {
      path = join(dataDir, "snapshot.db");
      // Written beside the old one and renamed over it.
      return {
        program: binaryPath("etcdctl"),
        args: ["--endpoints", `http://${member.address}`, "snapshot", "save", path],
        env: { GOMAXPROCS: "1" },
        nice: options.nice,
      };
    },
    boundMs,
    signal,
  });
  const { size } = await stat(path);
  return { member: member.nodeId, path, bytes: size, cpuSeconds: exit.cpuSeconds };
}

async function chooseFollower({
  members,
  turn,
  signal,
}: SnapshotOptions): Promise<{ member: ComparedMember; status: MemberStatus }> {
  const known = await Promise.all(
    members.map(async (member) => {
      const status = await memberStatus(member.address, signal).catch(() => undefined);
      return status === undefined || status.isLeader ? [] : [{ member, status }];
    }),
  );
  const followers = known.flat();
  const chosen = followers[turn % followers.length];
  if (chosen === undefined) throw new Error("no follower answers");
  return chosen;
}

/** Room for a snapshot of a database of so many bytes, and for what is made of it. */
export function snapshotRoomBytes(dbBytes: number): number {
  return copiesOnDisk * dbBytes + spareBytes;
}

/** A disk that fills would end the run, which is worse than a comparison that was not made. */
async function checkSpace(tmpDir: string, dbBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpDir);
  const wanted = snapshotRoomBytes(dbBytes);
  if (bavail * bsize >= wanted) return;
  throw new Error(`${tmpDir} has ${bavail * bsize} bytes free, ${wanted} are wanted`);
}
