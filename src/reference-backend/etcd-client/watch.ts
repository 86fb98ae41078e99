/**
 * A watch on one member, from one revision on. It delivers whole revisions in order, and ends with a
 * reason; the caller goes on elsewhere. etcd cuts a long answer into fragments, also amid a revision:
 * what a fragment holds of its last revision waits for the next one. Leader required: a member that is
 * cut off from the others ends the watch instead of staying silent.
 */
import { EtcdError } from "./etcd-error.ts";
import { Watch, type WatchRequestSchema, type WatchResponse } from "./gen/etcdserverpb/rpc_pb.ts";
import type { Event } from "./gen/mvccpb/kv_pb.ts";
import type { GrpcStream } from "./grpc-connection.ts";
import type { Member } from "./leader-tracker.ts";

const connectMs = 500;

export interface WatchRange {
  readonly key: Uint8Array;
  /** Not included; a prefix's end is `prefixEnd(prefix)` of keys.ts. */
  readonly rangeEnd: Uint8Array;
}

export interface WatchHandlers {
  created?(revision: bigint): void;
  /** Events in order; `revision`: everything up to it has been delivered. */
  events(events: readonly Event[], revision: bigint): void;
  /** Nothing happened in the range up to `revision`. */
  progress?(revision: bigint): void;
  /** Once, last; not after `close`. `compactRevision` is set when the start is compacted. */
  ended(error: EtcdError, compactRevision: bigint | undefined): void;
}

export interface OpenWatch {
  readonly member: Member;
  close(): void;
}

/** @throws EtcdError `not-sent` when the member cannot be reached. */
export async function openWatch(
  member: Member,
  range: WatchRange,
  startRevision: bigint,
  handlers: WatchHandlers,
): Promise<OpenWatch> {
  /** Of one revision, whose other events are still to come. */
  let unfinished: Event[] = [];
  let ended = false;
  const end = (error: EtcdError, compactRevision?: bigint): void => {
    if (ended) return;
    ended = true;
    grpc?.close();
    handlers.ended(error, compactRevision);
  };
  const onMessage = (response: WatchResponse): void => {
    if (ended) return;
    const revision = response.header?.revision ?? 0n;
    if (response.canceled) {
      const compacted = response.compactRevision;
      const reason = compacted > 0n ? `compacted up to ${compacted}` : response.cancelReason;
      const text = `etcd ${member.endpoint}: watch from ${startRevision} was cancelled: ${reason}`;
      if (compacted > 0n) end(new EtcdError("compacted", "no", member.endpoint, text), compacted);
      else end(new EtcdError("unavailable", "no", member.endpoint, text));
      return;
    }
    if (response.created) {
      handlers.created?.(revision);
      return;
    }
    let events = unfinished.concat(response.events);
    unfinished = [];
    const last = events.at(-1)?.kv?.modRevision;
    if (response.fragment) {
      const cut = events.findIndex((event) => event.kv?.modRevision === last);
      unfinished = events.slice(cut);
      events = events.slice(0, cut);
    }
    const whole = events.at(-1)?.kv?.modRevision;
    if (whole !== undefined) handlers.events(events, whole);
    else if (last === undefined) handlers.progress?.(revision);
  };
  let grpc: GrpcStream<typeof WatchRequestSchema> | undefined;
  grpc = await member.connection.stream(
    Watch.method.watch,
    { requireLeader: true, connectMs: connectMs },
    {
      message: onMessage,
      ended: (error) =>
        end(
          error ??
            new EtcdError("connection-lost", "no", member.endpoint, "the member ended the watch"),
        ),
    },
  );
  grpc.send({
    requestUnion: {
      case: "createRequest",
      value: { ...range, startRevision, progressNotify: true, fragment: true },
    },
  });
  const stream = grpc;
  return {
    member,
    close: () => {
      ended = true;
      stream.close();
    },
  };
}
