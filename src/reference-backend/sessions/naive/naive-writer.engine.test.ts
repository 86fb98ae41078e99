import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import { type Answer, newWriterCounters, type OperationKind } from "../gateway/session-writer.ts";
import { NaiveWriter } from "./naive-writer.ts";

let etcd: TestEtcd;
let cluster: EtcdCluster;
let one: NaiveWriter;
let two: NaiveWriter;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  cluster = new EtcdCluster({ endpoints: etcd.endpoints });
  cluster.start();
  await cluster.whenLeader(5000);
  [one, two] = [1, 2].map(
    (n) =>
      new NaiveWriter({
        name: `gateway/${n}`,
        address: "127.0.0.1:1",
        etcd: cluster,
        counters: newWriterCounters(),
      }),
  ) as [NaiveWriter, NaiveWriter];
  await one.start();
  await two.start();
});

afterAll(async () => {
  await one.stop();
  await two.stop();
  cluster.stop();
  await etcd[Symbol.asyncDispose]();
});

function dig(
  writer: NaiveWriter,
  session: string,
  sequence: number,
  kind: OperationKind = sequence === 1 ? 1 : 2,
): Promise<Answer> {
  const operation = { session, device: 1, sequence, kind, field1: 7, field2: 3, field3: 0 };
  return new Promise((resolve) => writer.submit({ ...operation, ref: BigInt(sequence) }, resolve));
}

interface StoredState {
  revision: number;
  devices: Record<string, { count: number }>;
}

async function stored(key: string): Promise<string> {
  const { kvs } = await cluster.range({ key: keyBytes(key) });
  return Buffer.from(kvs[0]?.value ?? []).toString();
}

async function state(session: string): Promise<StoredState> {
  return JSON.parse(await stored(`/hunt/state/${session}`)) as StoredState;
}

test("an acknowledged dig stands in the store with its revision", async () => {
  const answers = await Promise.all([1, 2, 3].map((sequence) => dig(one, "s-a", sequence)));
  expect(answers.map(({ outcome, revision }) => [outcome, revision])).toEqual([
    ["ok", 1],
    ["ok", 2],
    ["ok", 3],
  ]);
  expect(await state("s-a")).toMatchObject({ revision: 3, devices: { 1: { count: 3 } } });
  expect(await stored("/hunt/revision/s-a")).toBe("3");
});

test("another gateway goes on from what it finds in the store", async () => {
  await dig(one, "s-b", 1);
  expect(await dig(two, "s-b", 2)).toMatchObject({ outcome: "ok", revision: 2 });
  expect(await dig(one, "s-b", 3)).toMatchObject({ outcome: "ok", revision: 3 });
  expect(await state("s-b")).toMatchObject({ revision: 3 });
});

test("its known failure: an operation that is sent again is applied again", async () => {
  await dig(one, "s-c", 1);
  await dig(one, "s-c", 2);
  await dig(one, "s-c", 2);
  expect(await state("s-c")).toMatchObject({ revision: 3, devices: { 1: { count: 3 } } });
});

test("a dig in a session that nobody opened is refused", async () => {
  expect(await dig(one, "s-d", 2)).toMatchObject({ outcome: "fail", reason: "no such session" });
});

test("a session's queue is bounded, and every operation is answered", async () => {
  await dig(one, "s-e", 1);
  const many = Array.from({ length: 60 }, (_, i) => dig(one, "s-e", i + 2));
  const outcomes = (await Promise.all(many)).map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(32);
  expect(outcomes.filter((outcome) => outcome === "fail")).toHaveLength(28);
});

test("a session's liveness is a key of its own with a lease; its state has none", async () => {
  await dig(one, "s-g", 1);
  const lease = async (key: string): Promise<bigint | undefined> =>
    (await cluster.range({ key: keyBytes(key) })).kvs[0]?.lease;
  await expect.poll(() => lease("/hunt/live/s-g")).toBeGreaterThan(0n);
  expect(await lease("/hunt/state/s-g")).toBe(0n);
});

test("a write that a paused leader holds is answered unknown", async () => {
  await dig(one, "s-f", 1);
  const leader = await cluster.whenLeader(1000);
  const index = etcd.indexOf(leader.endpoint);
  etcd.pause(index);
  expect(await dig(one, "s-f", 2)).toMatchObject({ outcome: "unknown" });
  etcd.resume(index);
});
