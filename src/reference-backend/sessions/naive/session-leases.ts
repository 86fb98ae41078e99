/**
 * A session's liveness in the store: `/hunt/live/<session>`, bound to a lease of its own, renewed as long
 * as the session shows life. Its state never is: a lease that expires deletes its keys. Nothing was promised
 * to a player about it, so what fails is made good by the next sign of life.
 */
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import type { LeaseKeepAlives } from "../../etcd-client/lease-keep-alives.ts";
import { liveKey } from "../liveness/live-key.ts";

const leaseTtlS = 60;
const call = { deadlineMs: 1000 };
const keepAliveDeadlineMs = 2000;
/** New leases under way at once, each two writes; who comes beyond waits for its next sign of life. */
const grantingMax = 64;

/** Where a session's lease is remembered; 0n: none. */
interface LeaseHolder {
  lease: bigint;
}

export class SessionLeases {
  readonly #etcd: EtcdCluster;
  readonly #keepAlives: LeaseKeepAlives;
  /** Sessions whose new lease is under way. */
  readonly #granting = new Set<string>();
  #closed = false;

  constructor(etcd: EtcdCluster) {
    this.#etcd = etcd;
    this.#keepAlives = etcd.leaseKeepAlives();
  }

  /** Keeps the session's lease alive, or takes a new one, which the holder is given. Never rejects. */
  async renew(session: string, holder: LeaseHolder): Promise<void> {
    const { lease } = holder;
    try {
      const leftS = lease === 0n ? 0 : await this.#keepAlives.renew(lease, keepAliveDeadlineMs);
      if (leftS === 0 && !this.#closed) await this.#grant(session, holder);
    } catch {
      // The next sign of life is the retry.
    }
  }

  close(): void {
    this.#closed = true;
    this.#keepAlives.close();
  }

  async #grant(session: string, holder: LeaseHolder): Promise<void> {
    if (this.#granting.has(session) || this.#granting.size >= grantingMax) return;
    this.#granting.add(session);
    try {
      const { ID: lease } = await this.#etcd.leaseGrant(leaseTtlS, call);
      await this.#etcd.put({ key: keyBytes(liveKey(session)), lease }, call);
      holder.lease = lease;
    } finally {
      this.#granting.delete(session);
    }
  }
}
