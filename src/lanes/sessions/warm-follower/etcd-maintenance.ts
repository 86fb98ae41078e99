/**
 * The calls of etcd's JSON gateway that the warm follower needs. Each goes to one member and is
 * answered from that member's own data. 64-bit numbers are strings there, and 0 is left out.
 */
import { z } from "zod";
import { fetchText } from "../../../metrics/collect/sources/fetch-text.ts";

const callBoundMs = 10_000;

export interface MemberStatus {
  readonly revision: number;
  readonly isLeader: boolean;
  /** Of the file, which is what a snapshot copies. */
  readonly dbBytes: number;
}

export interface DataHash {
  readonly hash: number;
  /** Revisions up to this one are in the hash only where they are a key's last. */
  readonly compactRevision: number;
}

const int64 = z.string().default("0").transform(Number);

const statusAnswer = z.object({
  header: z.object({ member_id: z.string(), revision: int64 }),
  leader: z.string().optional(),
  dbSize: int64,
});

/** A hash is an unsigned 32-bit number, which the gateway writes as one. */
const hashAnswer = z.object({ hash: z.number().default(0), compact_revision: int64 });

export async function memberStatus(address: string, signal: AbortSignal): Promise<MemberStatus> {
  const answer = statusAnswer.parse(await call(address, "maintenance/status", {}, signal));
  return {
    revision: answer.header.revision,
    isLeader: answer.leader === answer.header.member_id,
    dbBytes: answer.dbSize,
  };
}

/**
 * The hash of what the member holds up to `revision`. While it is made the member applies nothing:
 * tens of milliseconds for a database of some ten megabytes.
 * @returns `future`: the member has not applied that revision yet; `compacted`: it no longer can tell.
 */
export async function dataHash(
  address: string,
  revision: number,
  signal: AbortSignal,
): Promise<DataHash | "future" | "compacted"> {
  try {
    const request = { revision: String(revision) };
    const answer = hashAnswer.parse(await call(address, "maintenance/hashkv", request, signal));
    return { hash: answer.hash, compactRevision: answer.compact_revision };
  } catch (error) {
    const text = error instanceof Error ? error.message : "";
    if (text.includes("is a future revision")) return "future";
    if (text.includes("has been compacted")) return "compacted";
    throw error;
  }
}

export async function compact(
  address: string,
  revision: number,
  signal: AbortSignal,
): Promise<void> {
  await call(address, "kv/compaction", { revision: String(revision) }, signal);
}

async function call(
  address: string,
  path: string,
  request: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(callBoundMs)]);
  return JSON.parse(await fetchText(`http://${address}/v3/${path}`, bounded, request));
}
