/**
 * The leases that sessions' live keys are bound to. One for each session costs a grant and a Put, so three
 * writes for a player's first dig instead of one. So many sessions share a lease, which is never renewed: a
 * session's next write some time later carries its live key along, bound to a newer lease, and costs no write.
 */
import type { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../../etcd-client/keys.ts";
import { liveKey } from "../../liveness/live-key.ts";

const leaseTtlS = 90;
/** A lease is given out for so long after its grant, and replaced after half of that. */
const usedMs = 30_000;
/** Keys of one lease end in one revision, before anything else is applied. */
const keysMax = 1000;
const call = { deadlineMs: 1000 };
const retryMs = 1000;
const putsMax = 64;

interface Lease {
  readonly id: bigint;
  readonly grantedMs: number;
  keys: number;
}

export class LiveLeases {
  readonly #etcd: EtcdCluster;
  #current: Lease | undefined;
  #granting = false;
  #retryAtMs = 0;
  #puts = 0;

  constructor(etcd: EtcdCluster) {
    this.#etcd = etcd;
  }

  /** For one more live key. Undefined: there is none now, and the next sign of life asks again. */
  take(): bigint | undefined {
    const nowMs = performance.now();
    const current = this.#current;
    const ageMs = current === undefined ? usedMs : nowMs - current.grantedMs;
    if (current === undefined || ageMs > usedMs / 2 || current.keys >= keysMax) {
      void this.#grant(nowMs);
    }
    if (current === undefined || ageMs >= usedMs) return undefined;
    current.keys += 1;
    return current.id;
  }

  /** etcd does not know it any more, whoever ended it. */
  isGone(id: bigint): void {
    if (this.#current?.id === id) this.#current = undefined;
  }

  /** For a session that writes nothing. Nothing was promised about it: what fails is made good by the next one. */
  async put(session: string): Promise<void> {
    const lease = this.#puts < putsMax ? this.take() : undefined;
    if (lease === undefined) return;
    this.#puts += 1;
    await this.#etcd.put({ key: keyBytes(liveKey(session)), lease }, call).catch(() => undefined);
    this.#puts -= 1;
  }

  async #grant(nowMs: number): Promise<void> {
    if (this.#granting || nowMs < this.#retryAtMs) return;
    this.#granting = true;
    try {
      const { ID: id } = await this.#etcd.leaseGrant(leaseTtlS, call);
      // From before the grant, so that it never lives shorter than is thought.
      this.#current = { id, grantedMs: nowMs, keys: 0 };
    } catch {
      this.#retryAtMs = nowMs + retryMs;
    } finally {
      this.#granting = false;
    }
  }
}
