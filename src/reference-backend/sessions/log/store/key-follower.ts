/**
 * Follows every key of a prefix: reads them at one revision, then watches from the next one on, in
 * order and without a gap, on the leader of the moment. When the watch's place is compacted, it
 * reads everything again and says that events were missed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { prefixRange } from "../../../etcd-client/keys.ts";
import { type OpenWatch, openWatch } from "../../../etcd-client/watch.ts";
import { storedValue } from "./etcd-store.ts";
import type { StoredValue } from "./store-call.ts";

const retryMs = 50;
const leaderWaitMs = 1000;

export interface FollowHandlers {
  /** Every key as it is; again after events were missed. */
  loaded(values: readonly StoredValue[]): void;
  /** Puts only: nobody deletes these keys. */
  changed(value: StoredValue): void;
}

/** Begins at once; `signal` ends it. The promise settles when it has ended, and never rejects. */
export async function followPrefix(
  etcd: EtcdCluster,
  prefix: string,
  handlers: FollowHandlers,
  signal: AbortSignal,
): Promise<void> {
  let nextRevision: bigint | undefined;
  while (!signal.aborted) {
    try {
      nextRevision ??= await load(etcd, prefix, handlers);
      nextRevision = await watchUntilEnded(etcd, prefix, nextRevision, handlers, signal);
    } catch {
      // No leader, or no connection to it: the pause below bounds how often that is tried.
    }
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function load(etcd: EtcdCluster, prefix: string, handlers: FollowHandlers): Promise<bigint> {
  const answer = await etcd.range(prefixRange(prefix));
  handlers.loaded(answer.kvs.map(storedValue));
  return (answer.header?.revision ?? 0n) + 1n;
}

/** Resolves with the revision to go on from; undefined when that is compacted. */
async function watchUntilEnded(
  etcd: EtcdCluster,
  prefix: string,
  fromRevision: bigint,
  handlers: FollowHandlers,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const member = await etcd.whenLeader(leaderWaitMs);
  let nextRevision = fromRevision;
  let watch: OpenWatch | undefined;
  const { promise, resolve } = Promise.withResolvers<bigint | undefined>();
  const stop = (): void => resolve(nextRevision);
  signal.addEventListener("abort", stop, { once: true });
  try {
    watch = await openWatch(member, prefixRange(prefix), fromRevision, {
      events: (events, revision) => {
        for (const { kv } of events) {
          if (kv !== undefined && kv.version > 0n) handlers.changed(storedValue(kv));
        }
        nextRevision = revision + 1n;
      },
      ended: (_error, compactRevision) =>
        resolve(compactRevision === undefined ? nextRevision : undefined),
    });
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    watch?.close();
  }
}
