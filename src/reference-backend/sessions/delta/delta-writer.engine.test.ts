import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import {
  DeltaObserver,
  TestDeltaGateway,
} from "../../../../test/sessions/delta/test-delta-gateway.ts";
import { type Asked, dig, opened } from "../../../../test/sessions/log/test-gateways.ts";
import { Lease } from "../../etcd-client/gen/etcdserverpb/rpc_pb.ts";
import { operationDigest } from "../game/operation-digest.ts";
import { operationKinds } from "../gateway/session-writer.ts";
import { deltaBytesMax } from "./format/delta.ts";
import { deltaKey } from "./format/delta-keys.ts";
import { foldDeltas } from "./session-copies.ts";

let etcd: TestEtcd;
let observer: DeltaObserver;
/** Collects for 100 ms, as players meet it. */
let one: TestDeltaGateway;
/** Hardly collect, for tests of many writes. */
let two: TestDeltaGateway;
let three: TestDeltaGateway;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  observer = new DeltaObserver(etcd.endpoints);
  one = new TestDeltaGateway(etcd.endpoints, 1);
  two = new TestDeltaGateway(etcd.endpoints, 2, { flushMs: 2 });
  three = new TestDeltaGateway(etcd.endpoints, 3, { flushMs: 2 });
  await Promise.all([one, two, three].map((gateway) => gateway.start()));
});

afterAll(async () => {
  await Promise.all([one, two, three].map((gateway) => gateway.stop()));
  observer.stop();
  await etcd[Symbol.asyncDispose]();
});

function closed(session: string, sequence: number): Asked {
  return { ...dig(session, sequence), kind: operationKinds.sessionClosed, field1: 0 };
}

function checksum(operations: readonly Asked[]): number {
  return operations.reduce((sum, each) => (sum + operationDigest(each)) >>> 0, 0);
}

test("what comes for a session within 100 ms is one write, and acknowledged after it", async () => {
  const startMs = performance.now();
  const before = { records: one.counters.records, waits: one.batchWaitsUs.length };
  const first = one.ask(opened("w-1"));
  await sleep(30);
  const rest = [2, 3, 4].map((sequence) => one.ask(dig("w-1", sequence)));
  const other = one.ask(opened("w-2"));
  const answers = await Promise.all([first, ...rest]);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(99);
  expect(answers.map(({ outcome, revision }) => [outcome, revision])).toEqual(
    [1, 2, 3, 4].map((revision) => ["ok", revision]),
  );
  expect(await other).toMatchObject({ outcome: "ok", revision: 1 });
  expect(one.counters.records - before.records).toBe(2);
  expect(one.batchWaitsUs.length - before.waits).toBe(2);
  expect(Math.min(...one.batchWaitsUs)).toBeGreaterThanOrEqual(99_000);
  expect(await observer.keys("w-1")).toEqual(["000000000001"]);
  expect(await observer.state("w-1")).toMatchObject({ revision: 4, devices: { 1: { count: 4 } } });
});

test("no write is larger than 2 KB, however much comes at once", async () => {
  await two.ask(opened("w-3"));
  const most = { field1: 0xffffffff, field2: 0xffffffff, field3: 0xffffffff };
  const loot = Array.from({ length: 7 * 32 }, (_, i) => ({
    ...dig("w-3", 2 + (i % 32), 0xfffffff0 + Math.floor(i / 32)),
    ...most,
    kind: operationKinds.lootClaimed,
  }));
  const answers = await Promise.all(loot.map((each) => two.ask(each)));
  expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
  const bytes = await observer.bytes("w-3");
  expect(bytes.length).toBeGreaterThan(1);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(deltaBytesMax);
  expect((await observer.state("w-3")).revision).toBe(1 + loot.length);
});

test("an operation that is sent again, to whichever gateway, is answered ok and not applied", async () => {
  await one.ask(opened("d-1"));
  const twice = await Promise.all([one.ask(dig("d-1", 2)), one.ask(dig("d-1", 2))]);
  const again = [await one.ask(dig("d-1", 2)), await two.ask(dig("d-1", 2))];
  for (const answer of [...twice, ...again]) {
    expect(answer).toMatchObject({ outcome: "ok", revision: 2 });
  }
  expect(await two.ask(opened("d-1"))).toMatchObject({ outcome: "ok", revision: 2 });
  const other = { ...dig("d-1", 2), field1: 99 };
  expect(await three.ask(other)).toMatchObject({ outcome: "fail" });
  expect(await observer.state("d-1")).toMatchObject({ revision: 2, devices: { 1: { count: 2 } } });
});

test("with deduplication left out, it is applied again: what the test above is for", async () => {
  const sabotaged = new TestDeltaGateway(etcd.endpoints, 9, { flushMs: 2, omit: "deduplicate" });
  await sabotaged.start();
  await sabotaged.ask(opened("d-2"));
  await sabotaged.ask(dig("d-2", 2));
  await sabotaged.ask(dig("d-2", 2));
  expect((await observer.state("d-2")).revision).toBe(3);
  await sabotaged.stop();
});

test("what is too far below the newest operation of a device is answered unknown", async () => {
  await two.ask(opened("d-3"));
  await two.ask(dig("d-3", 100));
  expect(await three.ask(dig("d-3", 36))).toMatchObject({ outcome: "unknown" });
  expect(await three.ask(dig("d-3", 37))).toMatchObject({ outcome: "ok" });
});

test("two gateways that write one session at once lose nothing and apply nothing twice", async () => {
  await two.ask(opened("r-1"));
  const fencedBefore = two.counters.fenced + three.counters.fenced;
  const all: Asked[] = [opened("r-1")];
  const play = async (gateway: TestDeltaGateway, device: number, also: TestDeltaGateway) => {
    for (let sequence = 2; sequence <= 61; sequence += 1) {
      const operation = dig("r-1", sequence, device);
      all.push(operation);
      // Every third one is sent to both, as players do who are in doubt.
      const both = sequence % 3 === 0 ? [gateway, also] : [gateway];
      for (const answer of await Promise.all(both.map((each) => each.ask(operation)))) {
        expect(answer).toMatchObject({ outcome: "ok" });
      }
    }
  };
  await Promise.all([
    play(two, 1, three),
    play(three, 2, two),
    play(two, 3, three),
    play(three, 4, two),
  ]);
  expect(two.counters.fenced + three.counters.fenced).toBeGreaterThan(fencedBefore);
  const state = await observer.state("r-1");
  expect(state.revision).toBe(all.length);
  for (const device of [1, 2, 3, 4]) {
    const own = all.filter((operation) => operation.device === device);
    expect(state.devices[device]).toMatchObject({ count: own.length, checksum: checksum(own) });
  }
});

test("two gateways that open one session at once open it once", async () => {
  const answers = await Promise.all([two.ask(opened("r-2")), three.ask(opened("r-2"))]);
  for (const answer of answers) expect(answer).toMatchObject({ outcome: "ok", revision: 1 });
  expect(await observer.state("r-2")).toMatchObject({ revision: 1, devices: { 1: { count: 1 } } });
});

test("a session's keys stay few: its deltas are folded, and it goes on at any gateway", async () => {
  await two.ask(opened("f-1"));
  const all = [opened("f-1")];
  let most = 0;
  for (let sequence = 2; sequence <= 120; sequence += 1) {
    all.push(dig("f-1", sequence));
    const gateway = sequence % 30 < 15 ? two : three;
    expect((await gateway.ask(dig("f-1", sequence))).revision).toBe(sequence);
    most = Math.max(most, (await observer.keys("f-1")).length);
  }
  expect(most).toBeLessThanOrEqual(foldDeltas + 2);
  expect(most).toBeGreaterThan(foldDeltas);
  const state = await observer.state("f-1");
  expect(state.devices[1]).toEqual({ highest: 120, count: 120, checksum: checksum(all) });
  // Also what is only in the base is told apart.
  expect(await one.ask(dig("f-1", 60))).toMatchObject({ outcome: "ok", revision: 120 });
  expect((await observer.state("f-1")).revision).toBe(120);
});

test("a closed session takes nothing more, tells what was applied, and leaves two keys", async () => {
  await two.ask(opened("c-1"));
  for (let sequence = 2; sequence <= 5; sequence += 1) await two.ask(dig("c-1", sequence));
  expect(await two.ask(closed("c-1", 6))).toMatchObject({ outcome: "ok", revision: 6 });
  expect(await two.ask(dig("c-1", 7))).toMatchObject({
    outcome: "fail",
    reason: "the session is closed",
  });
  expect(await three.ask(dig("c-1", 7))).toMatchObject({ outcome: "fail" });
  expect(await three.ask(closed("c-1", 6))).toMatchObject({ outcome: "ok", revision: 6 });
  expect(await three.ask({ ...opened("c-1"), field1: 2 })).toMatchObject({ outcome: "fail" });
  expect(await observer.keys("c-1")).toEqual(["000000000006", "base"]);
  expect(await observer.state("c-1")).toMatchObject({ revision: 6, closed: true });
});

test("a dig in a session that nobody opened is refused, and leaves nothing", async () => {
  expect(await two.ask(dig("n-1", 2))).toMatchObject({
    outcome: "fail",
    reason: "no such session",
  });
  expect(await two.ask({ ...opened("n-1"), sequence: 2 })).toMatchObject({ outcome: "fail" });
  expect(await observer.keys("n-1")).toEqual([]);
});

test("what a session may have under way is bounded, and every operation is answered", async () => {
  await one.ask(opened("q-1"));
  const many = Array.from({ length: 300 }, (_, i) => one.ask(dig("q-1", i + 2)));
  const answers = await Promise.all(many);
  const ok = answers.filter(({ outcome }) => outcome === "ok").length;
  expect(ok).toBe(32);
  expect(answers.filter(({ outcome }) => outcome === "fail")).toHaveLength(300 - ok);
  expect(answers.some(({ reason }) => reason === "the queue is full")).toBe(true);
  expect((await observer.state("q-1")).revision).toBe(33);
  expect(one.counters.queueBytes).toBe(0);
});

test("a session's liveness is a key of its own with a lease; its deltas have none", async () => {
  const before = one.counters.records;
  await one.ask(opened("l-1"));
  const lease = await observer.lease("/hunt/live/l-1");
  expect(lease).toBeGreaterThan(0n);
  // It came with the delta, and others share its lease.
  expect(one.counters.records - before).toBe(1);
  await one.ask(opened("l-2"));
  expect(await observer.lease("/hunt/live/l-2")).toBe(lease);
  // A lease that is gone, and all its live keys with it, costs nobody an operation.
  const { connection } = await observer.etcd.whenLeader(1000);
  await connection.unary(Lease.method.leaseRevoke, { ID: lease ?? 0n }, { deadlineMs: 1000 });
  expect(await one.ask(opened("l-3"))).toMatchObject({ outcome: "ok", revision: 1 });
  await expect
    .poll(async () => {
      const session = `l-4-${performance.now()}`;
      await one.ask(opened(session));
      return await observer.lease(`/hunt/live/${session}`);
    })
    .toBeGreaterThan(0n);
  expect(await observer.lease(deltaKey("l-1", 1))).toBe(0n);
});

test("a session whose deltas do not follow one another is refused loudly, others are served", async () => {
  await two.ask(opened("b-1"));
  await two.ask(dig("b-1", 2));
  await observer.delete(deltaKey("b-1", 1));
  const answer = await three.ask(dig("b-1", 3));
  expect(answer).toMatchObject({ outcome: "fail" });
  expect(answer.reason).toContain("delta 2 from revision 1 follows delta 0");
  expect(three.logged).toContainEqual(expect.objectContaining({ event: "session-broken" }));
  expect(await three.ask(opened("b-2"))).toMatchObject({ outcome: "ok" });
});

test("a gateway that stops writes what it has, refuses what comes, and is quick about it", async () => {
  const gateway = new TestDeltaGateway(etcd.endpoints, 4, { flushMs: 1000 });
  await gateway.start();
  const asked = Array.from({ length: 20 }, (_, i) => gateway.ask(opened(`e-${i}`)));
  const startMs = performance.now();
  const stopping = gateway.writer.stop();
  const late = await gateway.ask(opened("e-20"));
  await stopping;
  expect(performance.now() - startMs).toBeLessThan(1000);
  expect(late).toMatchObject({ outcome: "fail", reason: "the gateway is stopping" });
  for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ outcome: "ok" });
  gateway.etcd.stop();
});
