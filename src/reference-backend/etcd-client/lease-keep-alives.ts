/**
 * Keep-alives of leases: one stream to the leader, opened on use and again after it was lost. Once
 * another member leads, nothing is awaited from the old one: it may be silent for good.
 */
import type { EtcdCluster } from "./etcd-cluster.ts";
import { EtcdError } from "./etcd-error.ts";
import { Lease, type LeaseKeepAliveRequestSchema } from "./gen/etcdserverpb/rpc_pb.ts";
import type { GrpcStream } from "./grpc-connection.ts";
import type { Member } from "./leader-tracker.ts";

const connectMs = 500;
/** Answers come in the order of requests; more than these unanswered is a stuck stream. */
const pendingMax = 20_000;

interface Waiter {
  readonly id: bigint;
  resolve(ttlS: number): void;
  reject(error: Error): void;
}

interface OpenStream {
  readonly member: Member;
  readonly grpc: GrpcStream<typeof LeaseKeepAliveRequestSchema>;
}

export class LeaseKeepAlives {
  readonly #cluster: EtcdCluster;
  #stream: OpenStream | undefined;
  #opening: Promise<OpenStream> | undefined;
  readonly #waiting = new Map<bigint, Waiter[]>();
  #pending = 0;
  #closed = false;
  readonly #unfollow: () => void;

  constructor(cluster: EtcdCluster) {
    this.#cluster = cluster;
    this.#unfollow = cluster.onLeaderChange(({ leader }) => {
      const old = this.#stream?.member;
      if (old !== undefined && leader !== undefined && leader !== old) {
        this.#fail(this.#lost("the leader changed"));
      }
    });
  }

  /**
   * Resolves to the seconds left; 0: the lease is gone.
   * @throws EtcdError when the stream ends before the answer, a change of the leader included.
   */
  async renew(id: bigint, deadlineMs: number): Promise<number> {
    if (this.#pending >= pendingMax) {
      throw new EtcdError("not-sent", "no", "", `${pendingMax} lease keep-alives are unanswered`);
    }
    const { grpc } = this.#stream ?? (await this.#open());
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#forget(waiter);
        this.#cluster.hintLeaderGone();
        reject(this.#lost(`a keep-alive had no answer after ${deadlineMs} ms`));
      }, deadlineMs);
      const waiter: Waiter = {
        id,
        resolve: (ttlS) => {
          clearTimeout(timer);
          resolve(ttlS);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const queue = this.#waiting.get(id);
      if (queue === undefined) this.#waiting.set(id, [waiter]);
      else queue.push(waiter);
      this.#pending += 1;
      grpc.send({ ID: id });
    });
  }

  close(): void {
    this.#closed = true;
    this.#unfollow();
    this.#fail(this.#lost("it was closed"));
  }

  async #open(): Promise<OpenStream> {
    this.#opening ??= this.#openNow().finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  async #openNow(): Promise<OpenStream> {
    const member = this.#cluster.leader();
    if (member === undefined) {
      throw new EtcdError("not-sent", "no", "", "lease keep-alive: no leader known");
    }
    const grpc = await member.connection.stream(
      Lease.method.leaseKeepAlive,
      { requireLeader: true, connectMs: connectMs },
      {
        message: ({ ID, TTL }) => {
          const waiter = this.#waiting.get(ID)?.[0];
          if (waiter === undefined) return;
          this.#forget(waiter);
          waiter.resolve(Number(TTL));
        },
        ended: (error) => {
          if (this.#stream?.grpc === grpc) this.#fail(error ?? this.#lost("the member ended it"));
        },
      },
    );
    const leader = this.#cluster.leader();
    if (this.#closed || (leader !== undefined && leader !== member)) {
      grpc.close();
      const why = this.#closed ? "it was closed" : "the leader changed";
      throw new EtcdError("not-sent", "no", member.endpoint, `lease keep-alive stream: ${why}`);
    }
    this.#stream = { member, grpc };
    return this.#stream;
  }

  #forget(waiter: Waiter): void {
    const queue = this.#waiting.get(waiter.id);
    const at = queue?.indexOf(waiter) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    this.#pending -= 1;
    if (queue.length === 0) this.#waiting.delete(waiter.id);
  }

  #fail(error: Error): void {
    this.#stream?.grpc.close();
    this.#stream = undefined;
    const waiters = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#pending = 0;
    for (const waiter of waiters) waiter.reject(error);
  }

  #lost(text: string): EtcdError {
    const endpoint = this.#stream?.member.endpoint ?? "";
    return new EtcdError("connection-lost", "maybe", endpoint, `lease keep-alive stream: ${text}`);
  }
}
