/** The heartbeat that a gateway of every design puts every 200 ms; the proxy tells freshness by it. */
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import { type BeatValue, beatKey, encodeValue } from "../log/keys.ts";

const BEAT_EVERY_MS = 200;
const BEAT_DEADLINE_MS = 1000;

export class GatewayBeat {
  private readonly etcd: EtcdCluster;
  private readonly self: Pick<BeatValue, "instance" | "name" | "address">;
  private timer: NodeJS.Timeout | undefined;
  private count = 0;
  private underWay = false;
  /** One was committed: the store takes writes. */
  committed = false;

  constructor(etcd: EtcdCluster, self: Pick<BeatValue, "instance" | "name" | "address">) {
    this.etcd = etcd;
    this.self = self;
  }

  start(): void {
    this.timer = setInterval(() => void this.beat(), BEAT_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async beat(): Promise<void> {
    // One at a time, so that a store which comes back does not commit many at once.
    if (this.underWay) return;
    this.underWay = true;
    const value = encodeValue({ ...this.self, count: ++this.count, leaving: false });
    const request = { key: keyBytes(beatKey(this.self.name)), value };
    try {
      await this.etcd.put(request, { deadlineMs: BEAT_DEADLINE_MS });
      this.committed = true;
    } catch {
      // The next beat is the retry; who watches sees that this one is missing.
    } finally {
      this.underWay = false;
    }
  }
}
