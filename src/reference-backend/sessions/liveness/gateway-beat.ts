/**
 * The heartbeat that a gateway of `naive` or `delta` puts every 200 ms; the proxy tells freshness by it.
 * One at a time, so that a store which comes back does not commit many at once; but what was sent to
 * an old leader may never commit, so it is given up, and sent again, as soon as another one leads.
 */
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import { type BeatValue, beatKey, encodeValue } from "../log/format/keys.ts";

const beatEveryMs = 200;
const beatDeadlineMs = 1000;

export class GatewayBeat {
  readonly #etcd: EtcdCluster;
  readonly #self: Pick<BeatValue, "instance" | "name" | "address">;
  #timer: NodeJS.Timeout | undefined;
  #unfollow: (() => void) | undefined;
  #count = 0;
  #underWay: AbortController | undefined;
  /** One was committed: the store takes writes. */
  committed = false;

  constructor(etcd: EtcdCluster, self: Pick<BeatValue, "instance" | "name" | "address">) {
    this.#etcd = etcd;
    this.#self = self;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#underWay === undefined) void this.#beat();
    }, beatEveryMs);
    this.#unfollow = this.#etcd.onLeaderChange(({ leader }) => {
      if (leader === undefined) return;
      this.#underWay?.abort();
      void this.#beat();
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unfollow?.();
  }

  async #beat(): Promise<void> {
    const call = new AbortController();
    this.#underWay = call;
    this.#count += 1;
    const value = encodeValue({ ...this.#self, count: this.#count, leaving: false });
    const request = { key: keyBytes(beatKey(this.#self.name)), value };
    try {
      await this.#etcd.put(request, { deadlineMs: beatDeadlineMs, signal: call.signal });
      this.committed = true;
    } catch {
      // The next beat is the retry; who watches sees that this one is missing.
    } finally {
      if (this.#underWay === call) this.#underWay = undefined;
    }
  }
}
