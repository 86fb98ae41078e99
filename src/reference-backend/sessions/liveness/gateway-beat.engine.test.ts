import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import { EtcdCluster, type MeasuredWrite } from "../../etcd-client/etcd-cluster.ts";
import { GatewayBeat } from "./gateway-beat.ts";

let etcd: TestEtcd;
let cluster: EtcdCluster;
let beat: GatewayBeat;
/** The heartbeats alone write. */
let onWrite: (write: MeasuredWrite) => void = () => undefined;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  cluster = new EtcdCluster({ endpoints: etcd.endpoints, onWrite: (write) => onWrite(write) });
  beat = new GatewayBeat(cluster, { instance: "i", name: "gateway/1", address: "127.0.0.1:1" });
  beat.start();
  cluster.start();
  await vi.waitUntil(() => beat.committed, { timeout: 5000 });
});

afterAll(async () => {
  beat.stop();
  cluster.stop();
  await etcd[Symbol.asyncDispose]();
});

test("a heartbeat that a silent leader holds is sent again as soon as another one leads", async () => {
  const silent = await cluster.whenLeader(1000);
  const changed = Promise.withResolvers<number>();
  const committed = Promise.withResolvers<number>();
  const stop = cluster.onLeaderChange(({ leader }) => {
    if (leader === undefined || leader === silent) return;
    onWrite = ({ outcome }) => {
      if (outcome === "ok") committed.resolve(performance.now());
    };
    changed.resolve(performance.now());
  });
  etcd.pause(etcd.indexOf(silent.endpoint));
  const changedMs = await changed.promise;
  stop();
  expect((await committed.promise) - changedMs).toBeLessThan(200);
  etcd.resume(etcd.indexOf(silent.endpoint));
});
