import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../test/etcd/test-etcd.ts";
import { EtcdCluster } from "./etcd-cluster.ts";
import { keyBytes, prefixRange } from "./keys.ts";
import { openWatch } from "./watch.ts";

/** A Txn of 1.2 MB; etcd cuts an answer to a watch before 2 MiB, so in the midst of the second. */
const valueBytes = 400_000;
const keys = ["/w/a", "/w/b", "/w/c"];
const txns = 5;

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

test("a watch whose answer comes in fragments delivers every revision once, whole and in order", async () => {
  const revisions: bigint[] = [];
  const value = new Uint8Array(valueBytes);
  for (let i = 0; i < txns; i += 1) {
    const success = keys.map((key) => ({
      request: { case: "requestPut" as const, value: { key: keyBytes(key), value } },
    }));
    const { header } = await cluster.txn({ success });
    revisions.push(header?.revision ?? 0n);
  }
  const [first = 0n] = revisions;
  const calls: { events: [string, bigint | undefined][]; upTo: bigint }[] = [];
  const delivered = Promise.withResolvers<void>();
  const watch = await openWatch(await cluster.whenLeader(1000), prefixRange("/w/"), first, {
    events: (events, upTo) => {
      calls.push({
        events: events.map(({ kv }) => [Buffer.from(kv?.key ?? []).toString(), kv?.modRevision]),
        upTo,
      });
      if (upTo === revisions.at(-1)) delivered.resolve();
    },
    ended: (error) => delivered.reject(error),
  });
  await delivered.promise;
  watch.close();
  expect(calls.flatMap(({ events }) => events)).toEqual(
    revisions.flatMap((revision) => keys.map((key) => [key, revision])),
  );
  // More than one call: the answer was cut indeed. None ends within a revision.
  expect(calls.length).toBeGreaterThan(1);
  for (const { events, upTo } of calls) {
    expect(events.at(-1)).toEqual([keys.at(-1), upTo]);
  }
});
