/** Calls of etcd's JSON gateway that faults make. 64-bit numbers are strings there, and 0 is left out. */
import { z } from "zod";
import type { FaultWorld } from "../../../faults/fault.ts";
import { fetchText } from "../../../metrics/collect/sources/fetch-text.ts";
import type { TopologyNode } from "../../../topology/topology.ts";

const int64 = z.string().default("0");

const statusAnswer = z.object({
  header: z.object({ member_id: z.string(), revision: int64, raft_term: int64 }),
  leader: z.string().default("0"),
  dbSize: int64,
});

export interface MemberState {
  /** uint64 as text: too large for a number. */
  readonly memberId: string;
  /** "0": it knows of none. */
  readonly leaderId: string;
  readonly revision: number;
  readonly term: number;
  readonly dbBytes: number;
}

export async function memberState(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<MemberState> {
  const { header, leader, dbSize } = statusAnswer.parse(
    await callEtcd(world, node, "maintenance/status", {}, signal),
  );
  return {
    memberId: header.member_id,
    leaderId: leader,
    revision: Number(header.revision),
    term: Number(header.raft_term),
    dbBytes: Number(dbSize),
  };
}

/** @throws Error with etcd's own words. */
export async function callEtcd(
  world: FaultWorld,
  node: TopologyNode,
  path: string,
  request: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const address = world.backend.addresses.address(node.id, "client");
  return JSON.parse(await fetchText(`http://${address}/v3/${path}`, signal, request));
}
