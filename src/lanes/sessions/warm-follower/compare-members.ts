/**
 * Whether all members and the warm one hold the same data, at one revision that all have applied.
 *
 * A hash depends on how far its member has compacted. The members compact the same revisions, each in
 * its own time; the warm one is compacted to where they stand. So the hashes are taken again until all
 * name one compact revision.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { compact, type DataHash, dataHash } from "./etcd-maintenance.ts";

export interface ComparedMember {
  readonly nodeId: string;
  /** `host:port` of its client port. */
  readonly address: string;
}

export type Comparison =
  | {
      readonly state: "equal" | "unequal";
      readonly revision: number;
      readonly compactRevision: number;
      /** By node id, the warm one included. */
      readonly hashes: Readonly<Record<string, number>>;
    }
  /** The cluster has compacted up to the revision or past it: a newer snapshot is needed. */
  | { readonly state: "compacted" }
  | { readonly state: "unknown"; readonly reason: string };

export interface CompareOptions {
  readonly members: readonly ComparedMember[];
  readonly warm: ComparedMember;
  /** What the warm member holds; the others may be ahead of it, or behind for a moment. */
  readonly revision: number;
  readonly signal: AbortSignal;
}

const retryEveryMs = 200;
/** 10 s for a member that is behind, or compacts. */
const maxRounds = 50;

export async function compareMembers(options: CompareOptions): Promise<Comparison> {
  const { members, warm, revision } = options;
  let differed = false;
  let reason = "";
  for (let round = 0; round < maxRounds; round += 1) {
    if (round > 0) await sleep(retryEveryMs, undefined, { signal: options.signal });
    const found = await hashesOf(members, options);
    if (found === "compacted") return { state: "compacted" };
    if ("behind" in found) {
      reason = `${found.behind} has not applied revision ${revision}`;
      continue;
    }
    const compactRevision = Math.max(...found.hashes.map((each) => each.compactRevision));
    const ofWarm = await hashOfWarm(compactRevision, options);
    // Of the very revision that it compacted at, a member tells the hash from before that compaction.
    if (ofWarm.compactRevision >= revision) return { state: "compacted" };
    const all = [...found.hashes, ofWarm];
    if (all.some((each) => each.compactRevision !== compactRevision)) {
      reason = `not all are compacted to revision ${compactRevision}`;
      continue;
    }
    const hashes = Object.fromEntries(
      [...members, warm].map(({ nodeId }, index) => [nodeId, all[index]?.hash ?? 0]),
    );
    const equal = new Set(Object.values(hashes)).size === 1;
    // A difference is said only when it was found twice.
    if (equal || differed) {
      return { state: equal ? "equal" : "unequal", revision, compactRevision, hashes };
    }
    differed = true;
  }
  const boundS = (maxRounds * retryEveryMs) / 1000;
  return { state: "unknown", reason: `${reason} within ${boundS} s` };
}

/** One member after the other, so that at most one at a time applies nothing. */
async function hashesOf(
  members: readonly ComparedMember[],
  { revision, signal }: CompareOptions,
): Promise<{ hashes: DataHash[] } | { behind: string } | "compacted"> {
  const hashes: DataHash[] = [];
  for (const { nodeId, address } of members) {
    const hash = await dataHash(address, revision, signal);
    if (hash === "compacted") return hash;
    if (hash === "future") return { behind: nodeId };
    hashes.push(hash);
  }
  return { hashes };
}

async function hashOfWarm(
  compactRevision: number,
  { warm, revision, signal }: CompareOptions,
): Promise<DataHash> {
  const hash = await warmHash(warm, revision, signal);
  if (hash.compactRevision >= compactRevision) return hash;
  await compact(warm.address, compactRevision, signal);
  return warmHash(warm, revision, signal);
}

async function warmHash(
  { nodeId, address }: ComparedMember,
  revision: number,
  signal: AbortSignal,
): Promise<DataHash> {
  const hash = await dataHash(address, revision, signal);
  if (typeof hash === "object") return hash;
  throw new Error(`${nodeId} does not hold revision ${revision}, which its snapshot ends with`);
}
