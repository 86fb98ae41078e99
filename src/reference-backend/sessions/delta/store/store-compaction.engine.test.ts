import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../../../test/etcd/test-etcd.ts";
import { until } from "../../../../../test/sessions/log/test-gateways.ts";
import { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../../etcd-client/etcd-error.ts";
import { keyBytes } from "../../../etcd-client/keys.ts";
import { StoreCompaction } from "./store-compaction.ts";

const everyMs = 50;
const key = keyBytes("/hunt/delta/s/000000000001");
let etcd: TestEtcd;
let cluster: EtcdCluster;

beforeAll(async () => {
  etcd = await TestEtcd.start(1);
  cluster = new EtcdCluster({ endpoints: etcd.endpoints });
  cluster.start();
  await cluster.whenLeader(5000);
});

afterAll(async () => {
  cluster.stop();
  await etcd[Symbol.asyncDispose]();
});

async function isCompacted(revision: bigint): Promise<boolean> {
  try {
    await cluster.range({ key: key, revision });
    return false;
  } catch (error) {
    if (error instanceof EtcdError && error.code === "compacted") return true;
    throw error;
  }
}

async function turns(): Promise<bigint> {
  const { kvs } = await cluster.range({ key: keyBytes("/hunt/compaction") });
  return kvs[0]?.version ?? 0n;
}

test("of several gateways one at a time compacts, some time behind, and another goes on after it", async () => {
  const put = await cluster.put({ key: key, value: keyBytes("old") });
  const revision = put.header?.revision ?? 0n;
  await cluster.put({ key: key, value: keyBytes("new") });
  const [one, two] = [
    new StoreCompaction(cluster, 500, everyMs),
    new StoreCompaction(cluster, 500, everyMs),
  ] as const;
  const startMs = performance.now();
  one.start();
  two.start();
  await until(() => isCompacted(revision), "the old revision is compacted");
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(500);
  // Both would have moved the key on twice as often.
  const moved = Number(await turns());
  expect(moved).toBeLessThanOrEqual((performance.now() - startMs) / everyMs + 2);
  one.stop();
  const before = await turns();
  await until(async () => (await turns()) > before + 1n, "the other one goes on");
  two.stop();
  expect((await cluster.range({ key: key })).kvs[0]?.value.toString()).toBe(
    keyBytes("new").toString(),
  );
});
