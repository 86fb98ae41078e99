import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../test/etcd/test-etcd.ts";
import { EtcdCluster, type MeasuredWrite } from "./etcd-cluster.ts";
import { EtcdError } from "./etcd-error.ts";
import { Compare_CompareResult, Compare_CompareTarget } from "./gen/etcdserverpb/rpc_pb.ts";
import { keyBytes, prefixRange } from "./keys.ts";
import type { Member } from "./leader-tracker.ts";

let etcd: TestEtcd;
let cluster: EtcdCluster;
const writes: MeasuredWrite[] = [];

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  cluster = new EtcdCluster({ endpoints: etcd.endpoints, onWrite: (write) => writes.push(write) });
  cluster.start();
  await cluster.whenLeader(5000);
}, 30_000);

afterAll(async () => {
  cluster.stop();
  await etcd[Symbol.asyncDispose]();
});

function nextLeader(but: Member): Promise<Member> {
  const known = cluster.leader();
  if (known !== undefined && known !== but) return Promise.resolve(known);
  return new Promise((resolve) => {
    const stop = cluster.onLeaderChange(({ leader }) => {
      if (leader === undefined || leader === but) return;
      stop();
      resolve(leader);
    });
  });
}

async function failure(promise: Promise<unknown>): Promise<EtcdError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EtcdError);
  return error as EtcdError;
}

test("a written value is read back, and the write is measured", async () => {
  const { header } = await cluster.put({ key: keyBytes("/t/a"), value: keyBytes("one") });
  const { kvs } = await cluster.range(prefixRange("/t/"));
  expect(kvs.map((kv) => Buffer.from(kv.value).toString())).toEqual(["one"]);
  expect(kvs[0]?.modRevision).toBe(header?.revision);
  expect(writes.at(-1)).toMatchObject({ name: "put", outcome: "ok" });
  expect(writes.at(-1)?.durationUs).toBeGreaterThan(50);
});

test("a Txn whose compare fails answers with its Else branch", async () => {
  const key = keyBytes("/t/txn");
  const absent = {
    compare: [
      {
        key,
        target: Compare_CompareTarget.VERSION,
        result: Compare_CompareResult.EQUAL,
        targetUnion: { case: "version" as const, value: 0n },
      },
    ],
    success: [{ request: { case: "requestPut" as const, value: { key, value: keyBytes("v") } } }],
    failure: [{ request: { case: "requestRange" as const, value: { key } } }],
  };
  expect((await cluster.txn(absent)).succeeded).toBe(true);
  const second = await cluster.txn(absent);
  expect(second.succeeded).toBe(false);
  const found = second.responses[0]?.response;
  expect(found?.case === "responseRange" && found.value.kvs.length).toBe(1);
});

test("a refused write is certainly not applied", async () => {
  const error = await failure(cluster.put({ key: keyBytes("/t/b"), lease: 12345n }));
  expect(error).toMatchObject({ code: "refused", applied: "no" });
});

test("a read at a compacted revision says so", async () => {
  const { header } = await cluster.put({ key: keyBytes("/t/c") });
  await cluster.put({ key: keyBytes("/t/c") });
  const revision = (header?.revision ?? 0n) + 1n;
  await cluster.compact({ revision, physical: true });
  const error = await failure(cluster.range({ key: keyBytes("/t/c"), revision: revision - 1n }));
  expect(error).toMatchObject({ code: "compacted", applied: "no" });
});

test("a lease is kept alive, and one that is gone answers 0", async () => {
  const { ID } = await cluster.leaseGrant(5);
  const keepAlives = cluster.leaseKeepAlives();
  expect(await keepAlives.renew(ID, 2000)).toBeGreaterThan(0);
  expect(await keepAlives.renew(ID + 1n, 2000)).toBe(0);
  keepAlives.close();
});

test("the outcome of a write that a paused leader holds is unknown, and the next leader is followed", async () => {
  const before = await cluster.whenLeader(1000);
  etcd.pause(etcd.indexOf(before.endpoint));
  const error = await failure(cluster.put({ key: keyBytes("/t/d") }, { deadlineMs: 100 }));
  expect(error).toMatchObject({ code: "deadline", applied: "maybe" });
  const after = await nextLeader(before);
  await cluster.put({ key: keyBytes("/t/e") });
  expect(after.endpoint).not.toBe(before.endpoint);
  etcd.resume(etcd.indexOf(before.endpoint));
});

test("a write in flight to a killed leader is unknown, one to a dead member was not sent", async () => {
  const before = await cluster.whenLeader(1000);
  const index = etcd.indexOf(before.endpoint);
  etcd.pause(index);
  const inFlight = failure(cluster.put({ key: keyBytes("/t/f") }, { deadlineMs: 5000 }));
  await etcd.kill(index);
  expect(await inFlight).toMatchObject({ code: "connection-lost", applied: "maybe" });
  const refused = cluster.put({ key: keyBytes("/t/f") }, { member: before, deadlineMs: 500 });
  expect(await failure(refused)).toMatchObject({ code: "not-sent", applied: "no" });

  const killedMs = performance.now();
  await nextLeader(before);
  await cluster.put({ key: keyBytes("/t/g") });
  expect(performance.now() - killedMs).toBeLessThan(3000);
  await etcd.restart(index);
});
