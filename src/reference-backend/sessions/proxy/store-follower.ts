/**
 * Keeps an index equal to the store (docs/session-log-format.md, rules 21 and 22): everything is
 * read at one revision R of one follower, then that follower's watch is applied from R+1 on. A lost
 * watch goes on from the last revision on another member, so what was shown never goes back; only
 * compaction or a store that contradicts itself begins again with an empty index.
 *
 * Freshness is the age of the newest heartbeat seen. Past a second, and at most once a second, the
 * other members are asked; one that has a newer heartbeat is followed instead.
 */
import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../etcd-client/etcd-error.ts";
import { Event_EventType } from "../../etcd-client/gen/mvccpb/kv_pb.ts";
import { keyBytes, prefixRange } from "../../etcd-client/keys.ts";
import type { Member } from "../../etcd-client/leader-tracker.ts";
import { type OpenWatch, openWatch } from "../../etcd-client/watch.ts";
import type { ServiceLog } from "../../service-kit/json-log.ts";
import type { IndexedDesign, SessionIndex, SessionSnapshot } from "./session-index.ts";
import { loadIndex } from "./store-load.ts";

const BEAT_PREFIX = "/hunt/beat/";
const STALE_MS = 1000;
const STALE_CHECK_MS = 100;
const PROBE_EVERY_MS = 1000;
const PROBE_DEADLINE_MS = 300;
/** One attempt; a member that is silent is not asked for longer. */
const READ_AGAIN_ATTEMPT_MS = 200;
const READ_AGAIN_PAUSE_MS = 20;
const LEADER_WAIT_MS = 1000;
const RETRY_MS = 20;
/** A store that contradicts itself is not read again and again at full speed. */
const RELOAD_AFTER_FAILURE_MS = 1000;

export interface FollowerOptions {
  readonly etcd: EtcdCluster;
  readonly design: IndexedDesign;
  readonly log: ServiceLog;
  readonly nowMs: () => number;
  /** Sessions whose state changed; "all": the index is another one, or fresh again. */
  readonly onChange: (sessions: Iterable<string> | "all") => void;
}

interface WatchEnd {
  readonly error: Error;
  readonly reload: boolean;
}

export class StoreFollower {
  private readonly options: FollowerOptions;
  private readonly stopping = new AbortController();
  private loaded: SessionIndex | undefined;
  /** Everything up to it is applied. */
  private seenRevision = 0n;
  private beatRevision = 0n;
  private beatSeenMs = Number.NEGATIVE_INFINITY;
  private watch: OpenWatch | undefined;
  private endWatch: ((end: WatchEnd) => void) | undefined;
  private preferred: Member | undefined;
  private ended: Promise<void> | undefined;
  private staleTimer: NodeJS.Timeout | undefined;
  private lastProbeMs = Number.NEGATIVE_INFINITY;
  /** Watches that had to be opened again, or loads begun again. */
  restarts = 0;
  failure: string | undefined;

  constructor(options: FollowerOptions) {
    this.options = options;
  }

  start(): void {
    this.ended = this.run();
    this.staleTimer = setInterval(() => void this.checkStaleness(), STALE_CHECK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.staleTimer);
    this.stopping.abort();
    this.endWatch?.({ error: new Error("stopped"), reload: false });
    await this.ended;
  }

  /** Undefined until the first load is done, and while everything is read again. */
  get index(): SessionIndex | undefined {
    return this.loaded;
  }

  get stalenessMs(): number {
    return this.options.nowMs() - this.beatSeenMs;
  }

  get fresh(): boolean {
    return this.loaded !== undefined && this.stalenessMs <= STALE_MS;
  }

  /** Host and port of the member whose watch is followed. */
  get following(): string | undefined {
    return this.watch?.member.endpoint;
  }

  /**
   * A state that the index no longer holds, as of the last change applied. The member followed has
   * that revision for certain; an attempt that fails is repeated until `untilMs`, on each member in
   * turn: one revision is the same on all that have it.
   * @throws Error when no attempt succeeded.
   */
  async readAgain(session: string, untilMs: number): Promise<SessionSnapshot | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.readAgainOnce(session, attempt);
      } catch (error) {
        const { signal } = this.stopping;
        const late = this.options.nowMs() + READ_AGAIN_PAUSE_MS >= untilMs;
        if (late || signal.aborted || !(error instanceof EtcdError)) throw error;
        await sleep(READ_AGAIN_PAUSE_MS, undefined, { signal });
      }
    }
  }

  private async readAgainOnce(
    session: string,
    attempt: number,
  ): Promise<SessionSnapshot | undefined> {
    const { etcd } = this.options;
    const revision = this.seenRevision;
    const first = this.watch === undefined ? 0 : etcd.members.indexOf(this.watch.member);
    const member = etcd.members[(first + attempt) % etcd.members.length];
    const options = { deadlineMs: READ_AGAIN_ATTEMPT_MS, ...(member && { member }) };
    return await this.loaded?.readAgain?.(session, async (key) => {
      const request = { key: keyBytes(key), revision, serializable: true };
      const { kvs } = await etcd.range(request, options);
      return kvs[0]?.value;
    });
  }

  private async run(): Promise<void> {
    const { log } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const member = await this.chooseMember();
      if (member === undefined) continue;
      let end: WatchEnd;
      try {
        if (this.loaded === undefined) await this.load(member);
        end = await this.follow(member);
      } catch (error) {
        end = { error: asError(error), reload: !(error instanceof EtcdError) };
      }
      if (signal.aborted) return;
      this.restarts++;
      const event = end.reload ? "load-again" : "watch-ended";
      log[end.reload ? "error" : "warn"](event, { member: member.endpoint, error: end.error });
      const compacted = end.error instanceof EtcdError && end.error.code === "compacted";
      if (end.reload || compacted) {
        this.loaded = undefined;
        this.failure = end.error.message;
      }
      const pauseMs = end.reload ? RELOAD_AFTER_FAILURE_MS : RETRY_MS;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** A follower where there is one, another one than last time; without a leader nobody can serve. */
  private async chooseMember(): Promise<Member | undefined> {
    const { etcd } = this.options;
    const leader = await etcd.whenLeader(LEADER_WAIT_MS).catch(() => undefined);
    if (leader === undefined) return undefined;
    const preferred = this.preferred;
    this.preferred = undefined;
    if (preferred !== undefined) return preferred;
    const followers = etcd.members.filter((member) => member !== leader);
    return followers[this.restarts % followers.length] ?? leader;
  }

  private async load(member: Member): Promise<void> {
    const startMs = this.options.nowMs();
    const { index, revision } = await loadIndex(this.options.etcd, member, this.options.design);
    // The first page is a linearizable read, which is as good as a heartbeat of that moment.
    this.sawBeat(0n, startMs);
    this.loaded = index;
    this.failure = undefined;
    this.seenRevision = revision;
    this.options.log.info("loaded", {
      member: member.endpoint,
      sessions: index.size,
      revision,
      tookMs: Math.round(this.options.nowMs() - startMs),
    });
    this.options.onChange("all");
  }

  private async follow(member: Member): Promise<WatchEnd> {
    const { watched } = this.options.design;
    const range = { key: keyBytes(watched.key), rangeEnd: keyBytes(watched.rangeEnd) };
    const { promise, resolve } = Promise.withResolvers<WatchEnd>();
    this.endWatch = resolve;
    try {
      this.watch = await openWatch(member, range, this.seenRevision + 1n, {
        events: (events) => {
          try {
            for (const event of events) this.applyEvent(event);
          } catch (error) {
            this.loaded = undefined;
            resolve({ error: asError(error), reload: true });
          }
        },
        progress: (revision) => {
          if (revision > this.seenRevision) this.seenRevision = revision;
        },
        ended: (error) => resolve({ error, reload: false }),
      });
      if (this.stopping.signal.aborted) resolve({ error: new Error("stopped"), reload: false });
      return await promise;
    } finally {
      this.endWatch = undefined;
      this.watch?.close();
      this.watch = undefined;
    }
  }

  private applyEvent(event: {
    type: number;
    kv?: { key: Uint8Array; value: Uint8Array; version: bigint; modRevision: bigint } | undefined;
  }): void {
    const { kv } = event;
    if (kv === undefined || this.loaded === undefined) return;
    this.seenRevision = kv.modRevision;
    const key = Buffer.from(kv.key).toString();
    if (key.startsWith(BEAT_PREFIX)) {
      this.sawBeat(kv.modRevision, this.options.nowMs());
      return;
    }
    const deleted = event.type === Event_EventType.DELETE;
    const value = deleted ? undefined : kv.value;
    const touched = this.loaded.apply({ key, value, version: Number(kv.version) });
    this.options.onChange(touched);
  }

  private sawBeat(revision: bigint, seenMs: number): void {
    const wasFresh = this.fresh;
    if (revision > this.beatRevision) this.beatRevision = revision;
    this.beatSeenMs = Math.max(this.beatSeenMs, seenMs);
    if (!wasFresh) this.options.onChange("all");
  }

  private async checkStaleness(): Promise<void> {
    const followed = this.watch?.member;
    const nowMs = this.options.nowMs();
    if (followed === undefined || this.fresh || nowMs - this.lastProbeMs < PROBE_EVERY_MS) return;
    this.lastProbeMs = nowMs;
    const others = this.options.etcd.members.filter((member) => member !== followed);
    const found = await Promise.all(
      others.map(async (member) => ({ member, revision: await this.newestBeat(member) })),
    );
    const best = found.reduce((a, b) => (b.revision > a.revision ? b : a));
    if (this.watch?.member !== followed || best.revision <= this.beatRevision) return;
    this.preferred = best.member;
    this.endWatch?.({
      error: new Error(
        `heartbeats are ${Math.round(this.stalenessMs)} ms old, ${best.member.endpoint} has newer ones`,
      ),
      reload: false,
    });
  }

  private async newestBeat(member: Member): Promise<bigint> {
    const request = { ...prefixRange(BEAT_PREFIX), serializable: true, keysOnly: true };
    const options = { member, deadlineMs: PROBE_DEADLINE_MS };
    const answer = await this.options.etcd.range(request, options).catch(() => undefined);
    const revisions = (answer?.kvs ?? []).map((kv) => kv.modRevision);
    return revisions.toSorted((a, b) => Number(b - a))[0] ?? 0n;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
