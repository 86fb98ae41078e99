/**
 * The warm follower: every 10 s a snapshot is taken from a follower, every minute and after the load
 * the newest one is restored, and the copy is compared with every member of the cluster.
 *
 *   follower ──etcdctl──▶ snapshot ──etcdutl──▶ warm member ──hash at one revision──▶ all equal?
 *
 * One thing is done at a time, at the lowest priority while the load goes on; a turn that is missed is
 * left out. What can't be done is said on the timeline, and never ends the run.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { innerReasonOf } from "../../../reason-of.ts";
import type { TimelineEvent } from "../../../recording/timeline/events.ts";
import type { Backend } from "../../../runtime/runtime.ts";
import { type ComparedMember, type Comparison, compareMembers } from "./compare-members.ts";
import { memberStatus } from "./etcd-maintenance.ts";
import { restoreMember, restoreNode, warmNode } from "./restored-member.ts";
import { type Snapshot, snapshotNode, takeSnapshot } from "./take-snapshot.ts";

export interface WarmFollowerOptions {
  readonly backend: Backend;
  /** Every member of the cluster. */
  readonly members: readonly ComparedMember[];
  /** Where the nodes' data folders are. */
  readonly tmpDir: string;
  /** Run second 0 by the monotonic clock. */
  readonly startMs: number;
  readonly clock: { monotonicMs(): number };
  readonly event: (event: TimelineEvent) => void;
  readonly signal: AbortSignal;
}

/** Its nodes; what becomes of them is no finding about the run. */
export const warmFollowerNodes: readonly string[] = [snapshotNode.id, restoreNode.id, warmNode.id];

const snapshotEveryMs = 10_000;
const snapshotsPerComparison = 6;
const lowestPriority = 19;
/** Copying more every 10 s would be a load of its own. */
const maxBytesInLoad = 256 * 1024 * 1024;
const maxBytesAtDrain = 4 * 1024 ** 3;
/** A cluster that was compacted past a snapshot needs a newer one. */
const maxSnapshotsPerComparison = 3;

interface Limits {
  readonly nice: number;
  readonly maxBytes: number;
}

export class WarmFollower {
  readonly #options: WarmFollowerOptions;
  readonly #loadEnded = new AbortController();
  readonly #signal: AbortSignal;
  readonly #stopped = new AbortController();
  #working: Promise<void> = Promise.resolve();
  #turn = 0;
  #snapshot: Snapshot | undefined;
  /** Why the last one that failed did. */
  #failure = "";

  constructor(options: WarmFollowerOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stopped.signal]);
  }

  /** Begins with the snapshots, which end with the load; less than a comparison's turn does without. */
  follow(loadS: number): void {
    if (loadS * 1000 < snapshotsPerComparison * snapshotEveryMs) return;
    this.#working = this.#followLoad(loadS * 1000);
  }

  /** After the load: a snapshot of everything and the comparison. Never rejects. */
  async drain(): Promise<void> {
    this.#loadEnded.abort();
    await this.#working;
    if (this.#signal.aborted) return;
    await this.#takeSnapshot({ nice: 0, maxBytes: maxBytesAtDrain });
    await this.#compare({ nice: 0, maxBytes: maxBytesAtDrain });
  }

  /** Ends what is under way; resolves when nothing of it runs any more. Idempotent. */
  async stop(): Promise<void> {
    this.#loadEnded.abort();
    this.#stopped.abort();
    await this.#working;
  }

  async #followLoad(loadMs: number): Promise<void> {
    const waiting = AbortSignal.any([this.#signal, this.#loadEnded.signal]);
    const limits = { nice: lowestPriority, maxBytes: maxBytesInLoad };
    let comparedAt = 0;
    while (!waiting.aborted) {
      const sinceMs = this.#sinceStartMs();
      const turn = Math.max(1, Math.floor(sinceMs / snapshotEveryMs) + 1);
      if (turn * snapshotEveryMs > loadMs) return;
      const due = turn * snapshotEveryMs - sinceMs;
      await sleep(due, undefined, { signal: waiting }).catch(() => {});
      if (waiting.aborted) return;
      await this.#takeSnapshot(limits);
      if (turn - comparedAt < snapshotsPerComparison) continue;
      comparedAt = turn;
      await this.#compare(limits);
    }
  }

  async #takeSnapshot(limits: Limits): Promise<void> {
    const { backend, members, tmpDir } = this.#options;
    const begunMs = this.#options.clock.monotonicMs();
    const turn = this.#turn;
    this.#turn += 1;
    try {
      const signal = this.#signal;
      const snapshot = await takeSnapshot({ backend, members, tmpDir, turn, signal, ...limits });
      this.#snapshot = snapshot;
      const { member, bytes, cpuSeconds } = snapshot;
      const tookMs = this.#sinceMs(begunMs);
      this.#event({
        kind: "snapshot",
        lane: "sessions",
        state: "taken",
        node: member,
        bytes,
        tookMs,
        cpuSeconds,
      });
    } catch (error) {
      if (this.#signal.aborted) return;
      const tookMs = this.#sinceMs(begunMs);
      this.#failure = innerReasonOf(error);
      this.#event({
        kind: "snapshot",
        lane: "sessions",
        state: "failed",
        tookMs,
        detail: this.#failure,
      });
    }
  }

  async #compare(limits: Limits): Promise<void> {
    const begunMs = this.#options.clock.monotonicMs();
    const drained = this.#loadEnded.signal.aborted;
    const cost = { cpuSeconds: 0 };
    let found: Comparison = {
      state: "unknown",
      reason: `no snapshot could be taken: ${this.#failure}`,
    };
    try {
      for (let snapshots = 1; this.#snapshot !== undefined; snapshots += 1) {
        found = await this.#restoreAndCompare(this.#snapshot, limits.nice, cost);
        if (found.state !== "compacted" || snapshots === maxSnapshotsPerComparison) break;
        await this.#takeSnapshot(limits);
      }
    } catch (error) {
      found = { state: "unknown", reason: innerReasonOf(error) };
    }
    if (this.#signal.aborted) return;
    this.#event({
      kind: "comparison",
      lane: "sessions",
      drained,
      tookMs: this.#sinceMs(begunMs),
      ...cost,
      ...recorded(found),
    });
  }

  async #restoreAndCompare(
    snapshot: Snapshot,
    nice: number,
    cost: { cpuSeconds: number },
  ): Promise<Comparison> {
    const { backend, members } = this.#options;
    const signal = this.#signal;
    const warm = await restoreMember({ backend, snapshotPath: snapshot.path, nice, signal });
    cost.cpuSeconds += warm.restoreCpuSeconds;
    try {
      const { revision } = await memberStatus(warm.address, signal);
      return await compareMembers({
        members,
        warm: { nodeId: warmNode.id, address: warm.address },
        revision,
        signal,
      });
    } finally {
      cost.cpuSeconds += await warm.discard();
    }
  }

  #event(event: WithoutTime<SnapshotEvent | ComparisonEvent>): void {
    this.#options.event({ t: this.#sinceStartMs() / 1000, ...event });
  }

  #sinceStartMs(): number {
    return this.#options.clock.monotonicMs() - this.#options.startMs;
  }

  #sinceMs(begunMs: number): number {
    return Math.round(this.#options.clock.monotonicMs() - begunMs);
  }
}

type SnapshotEvent = Extract<TimelineEvent, { kind: "snapshot" }>;
type ComparisonEvent = Extract<TimelineEvent, { kind: "comparison" }>;
type WithoutTime<E> = E extends unknown ? Omit<E, "t"> : never;

function recorded(found: Comparison) {
  if (found.state === "equal" || found.state === "unequal") return found;
  const detail =
    found.state === "unknown"
      ? found.reason
      : `the cluster was compacted past ${maxSnapshotsPerComparison} snapshots`;
  return { state: "unknown" as const, detail };
}
