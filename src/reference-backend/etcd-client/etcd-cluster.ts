/**
 * An etcd cluster as the services use it: one connection per member, writes go to the leader (a
 * follower would only forward them), the caller may name another member for reads and watches.
 * Nothing is retried here: only the caller knows whether sending a write again is safe.
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { EtcdError } from "./etcd-error.ts";
import {
  type CompactionRequestSchema,
  type CompactionResponse,
  KV,
  Lease,
  type LeaseGrantResponse,
  Maintenance,
  type PutRequestSchema,
  type PutResponse,
  type RangeRequestSchema,
  type RangeResponse,
  type StatusResponse,
  type TxnRequestSchema,
  type TxnResponse,
} from "./gen/etcdserverpb/rpc_pb.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import { type LeaderChange, LeaderTracker, type Member } from "./leader-tracker.ts";
import { LeaseKeepAlives } from "./lease-keep-alives.ts";

const deadlineDefaultMs = 2000;

/** One write call, from send to answer. */
export interface MeasuredWrite {
  readonly name: "put" | "txn" | "leaseGrant";
  readonly durationUs: number;
  /** "ok" means that etcd answered; a Txn whose compares failed is ok. */
  readonly outcome: "ok" | "no" | "maybe";
}

export interface EtcdClusterOptions {
  /** host:port of each member. */
  readonly endpoints: readonly string[];
  readonly onWrite?: (write: MeasuredWrite) => void;
}

export interface CallOptions {
  /** Default 2000. */
  readonly deadlineMs?: number;
  /** Default: the leader. */
  readonly member?: Member;
  readonly signal?: AbortSignal;
}

export class EtcdCluster {
  readonly members: readonly Member[];
  readonly #tracker: LeaderTracker;
  readonly #onWrite: ((write: MeasuredWrite) => void) | undefined;

  constructor(options: EtcdClusterOptions) {
    this.members = options.endpoints.map((endpoint) => ({
      endpoint,
      connection: new GrpcConnection(endpoint),
    }));
    this.#tracker = new LeaderTracker(this.members);
    this.#onWrite = options.onWrite;
  }

  /** Begins to poll; returns at once. */
  start(): void {
    this.#tracker.start();
  }

  stop(): void {
    this.#tracker.stop();
    for (const member of this.members) member.connection.close();
  }

  /** The leader as last heard of. */
  leader(): Member | undefined {
    return this.#tracker.leader;
  }

  /** @throws EtcdError `not-sent` when no leader is known after `withinMs`. */
  async whenLeader(withinMs: number): Promise<Member> {
    const known = this.#tracker.leader;
    if (known !== undefined) return known;
    return await new Promise((resolve, reject) => {
      const onChange = ({ leader }: LeaderChange): void => {
        if (leader === undefined) return;
        clearTimeout(timer);
        this.#tracker.off("change", onChange);
        resolve(leader);
      };
      const timer = setTimeout(() => {
        this.#tracker.off("change", onChange);
        reject(this.#noLeader(`after ${withinMs} ms`));
      }, withinMs);
      this.#tracker.on("change", onChange);
    });
  }

  /** Calls back at each change; returns what ends it. */
  onLeaderChange(listener: (change: LeaderChange) => void): () => void {
    this.#tracker.on("change", listener);
    return () => this.#tracker.off("change", listener);
  }

  async range(
    request: MessageInitShape<typeof RangeRequestSchema>,
    options: CallOptions = {},
  ): Promise<RangeResponse> {
    return await this.#call(options, (member, call) =>
      member.connection.unary(KV.method.range, request, call),
    );
  }

  async put(
    request: MessageInitShape<typeof PutRequestSchema>,
    options: CallOptions = {},
  ): Promise<PutResponse> {
    return await this.#measured("put", () =>
      this.#call(options, (member, call) => member.connection.unary(KV.method.put, request, call)),
    );
  }

  async txn(
    request: MessageInitShape<typeof TxnRequestSchema>,
    options: CallOptions = {},
  ): Promise<TxnResponse> {
    return await this.#measured("txn", () =>
      this.#call(options, (member, call) => member.connection.unary(KV.method.txn, request, call)),
    );
  }

  /** A Txn that only reads: not counted as a write. */
  async readTxn(
    request: MessageInitShape<typeof TxnRequestSchema>,
    options: CallOptions = {},
  ): Promise<TxnResponse> {
    return await this.#call(options, (member, call) =>
      member.connection.unary(KV.method.txn, request, call),
    );
  }

  async compact(
    request: MessageInitShape<typeof CompactionRequestSchema>,
    options: CallOptions = {},
  ): Promise<CompactionResponse> {
    return await this.#call(options, (member, call) =>
      member.connection.unary(KV.method.compact, request, call),
    );
  }

  /** `ttlS`: etcd raises it to 1.5 election timeouts, rounded up to a second. */
  async leaseGrant(ttlS: number, options: CallOptions = {}): Promise<LeaseGrantResponse> {
    return await this.#measured("leaseGrant", () =>
      this.#call(options, (member, call) =>
        member.connection.unary(Lease.method.leaseGrant, { TTL: BigInt(ttlS) }, call),
      ),
    );
  }

  /** Keep-alives of any number of leases over one stream to the leader. The caller closes it. */
  leaseKeepAlives(): LeaseKeepAlives {
    return new LeaseKeepAlives(this);
  }

  async status(member: Member, options: { deadlineMs?: number } = {}): Promise<StatusResponse> {
    return await member.connection.unary(
      Maintenance.method.status,
      {},
      { deadlineMs: options.deadlineMs ?? deadlineDefaultMs },
    );
  }

  /** A call outside this class found the leader silent: look for another at once. */
  hintLeaderGone(): void {
    this.#tracker.hint();
  }

  async #call<T>(
    options: CallOptions,
    send: (
      member: Member,
      call: { deadlineMs: number; signal: AbortSignal | undefined },
    ) => Promise<T>,
  ): Promise<T> {
    const member = options.member ?? this.#tracker.leader;
    if (member === undefined) throw this.#noLeader("now");
    try {
      return await send(member, {
        deadlineMs: options.deadlineMs ?? deadlineDefaultMs,
        signal: options.signal,
      });
    } catch (error) {
      if (error instanceof EtcdError && suspicious.has(error.code)) this.#tracker.hint();
      throw error;
    }
  }

  async #measured<T>(name: MeasuredWrite["name"], write: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    let outcome: MeasuredWrite["outcome"] = "ok";
    try {
      return await write();
    } catch (error) {
      outcome = error instanceof EtcdError ? error.applied : "maybe";
      throw error;
    } finally {
      this.#onWrite?.({ name, durationUs: (performance.now() - startMs) * 1000, outcome });
    }
  }

  #noLeader(when: string): EtcdError {
    const endpoints = this.members.map((member) => member.endpoint).join(", ");
    return new EtcdError("not-sent", "no", "", `etcd ${endpoints}: no leader known ${when}`);
  }
}

const suspicious: ReadonlySet<string> = new Set([
  "not-sent",
  "deadline",
  "connection-lost",
  "unavailable",
]);
