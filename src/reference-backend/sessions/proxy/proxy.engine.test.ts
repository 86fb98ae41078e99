/** The proxy's process against a real cluster; the test plays the gateway and writes the log. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import { TestProxy } from "../../../../test/sessions/proxy/test-proxy.ts";
import { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import { applyOperation, initialState } from "../game/session-state.ts";
import { stateToJson } from "../game/state-json.ts";
import type { Operation } from "../gateway/session-writer.ts";
import { beatKey, logKey } from "../log/format/keys.ts";
import { encodeRecord } from "../log/format/record.ts";

const opened = { device: 1, sequence: 1, kind: 1, field1: 5, field2: 0, field3: 0 } as const;
const cleanups: (() => unknown)[] = [];
let etcd: TestEtcd;
let cluster: EtcdCluster;
let partition = 0;
let nextRecord = 0;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  cluster = new EtcdCluster({ endpoints: etcd.endpoints });
  cluster.start();
  await cluster.whenLeader(5000);
  const beat = setInterval(() => {
    cluster.put({ key: keyBytes(beatKey("gateway/1")) }).catch(() => undefined);
  }, 100);
  cleanups.push(
    () => etcd[Symbol.asyncDispose](),
    () => cluster.stop(),
    () => clearInterval(beat),
  );
});

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

beforeEach(() => {
  partition += 1;
  nextRecord = 0;
});

/** Appends one record of one dig; the first opens the session. Retried: the cluster may be electing. */
async function append(session: string, sequence: number, n = nextRecord): Promise<bigint> {
  nextRecord = n + 1;
  const operation: Operation = {
    session,
    device: 1,
    sequence,
    kind: sequence === 1 ? 1 : 2,
    field1: 7,
    field2: 0,
    field3: 0,
  };
  const value = encodeRecord({ epoch: 0, batchId: "00".repeat(8), operations: [operation] });
  const request = { key: keyBytes(logKey(partition, n)), value };
  const { header } = await cluster.put(request, { deadlineMs: 5000 });
  return header?.revision ?? 0n;
}

async function startProxy(design: "naive" | "log" = "log"): Promise<TestProxy> {
  const proxy = await TestProxy.start(etcd, design);
  cleanups.push(() => proxy.kill());
  return proxy;
}

test("a read that asks for the acknowledged revision gets it, a later one is refused with 504", async () => {
  const proxy = await startProxy();
  for (let sequence = 1; sequence <= 30; sequence += 1) {
    await append("s-own", sequence);
    expect(await proxy.read("s-own", sequence)).toMatchObject({ status: 200, revision: sequence });
  }
  const waiting = proxy.read("s-own", 31);
  await append("s-own", 31);
  expect(await waiting).toMatchObject({ status: 200, revision: 31 });
  expect((await proxy.read("s-own", 32)).status).toBe(504);
  expect((await proxy.read("s-none")).status).toBe(404);
  expect(await proxy.stop()).toBe(0);
});

test("the naive design's state is handed on byte by byte, before and after a change", async () => {
  const key = keyBytes("/hunt/state/s-whole");
  const state = initialState("s-whole", 5);
  await cluster.put({ key, value: stateToJson(state) });
  const proxy = await startProxy("naive");
  expect(await proxy.read("s-whole", 0)).toMatchObject({ status: 200, revision: 0 });
  applyOperation(state, { ...opened, session: "s-whole" });
  await cluster.put({ key, value: stateToJson(state) });
  expect(await proxy.read("s-whole", 1)).toMatchObject({ status: 200, revision: 1 });
  const response = await fetch(`${proxy.base}/v1/sessions/s-whole/state`);
  expect(await response.text()).toBe(stateToJson(state).toString());
  await proxy.stop();
});

test("a restarted proxy rebuilds every session, page by page", async () => {
  for (let sequence = 1; sequence <= 200; sequence += 1) await append("s-again", sequence);
  const first = await startProxy();
  expect(await first.read("s-again")).toMatchObject({ status: 200, revision: 200 });
  await first.stop();
  await append("s-again", 201);
  const second = await startProxy();
  expect(await second.read("s-again")).toMatchObject({ status: 200, revision: 201 });
  await second.stop();
});

test("a killed member's watch goes on elsewhere without a gap or a duplicate", async () => {
  const proxy = await startProxy();
  const member = await proxy.untilReady();
  await append("s-move", 1);
  const killed = etcd.kill(etcd.indexOf(member));
  for (let sequence = 2; sequence <= 40; sequence += 1) await append("s-move", sequence);
  await killed;
  expect(await proxy.untilReady(member)).not.toBe(member);
  // Counted twice, or skipped, the revision would not be the count of appended operations.
  expect(await proxy.read("s-move", 40)).toMatchObject({ status: 200, revision: 40 });
  await etcd.restart(etcd.indexOf(member));
  await proxy.stop();
});

test("a member that falls silent is left for one that has newer heartbeats", async () => {
  const proxy = await startProxy();
  const member = await proxy.untilReady();
  await append("s-stale", 1);
  etcd.pause(etcd.indexOf(member));
  await append("s-stale", 2);
  expect(await proxy.untilReady(member)).not.toBe(member);
  expect(await proxy.read("s-stale", 2)).toMatchObject({ status: 200, revision: 2 });
  etcd.resume(etcd.indexOf(member));
  await proxy.stop();
});

test("a proxy that slept through a compaction loads again and shows what it missed", async () => {
  const proxy = await startProxy();
  await append("s-sleep", 1);
  expect((await proxy.read("s-sleep", 1)).status).toBe(200);
  proxy.child.kill("SIGSTOP");
  // The member gives the sleeping proxy's watch up, so that it has to ask for compacted revisions.
  const leader = await cluster.whenLeader(1000);
  for (const { endpoint } of cluster.members) {
    if (endpoint !== leader.endpoint) await etcd.restart(etcd.indexOf(endpoint));
  }
  for (let sequence = 2; sequence <= 10; sequence += 1) await append("s-sleep", sequence);
  await cluster.compact({ revision: await append("s-sleep", 11), physical: true });
  proxy.child.kill("SIGCONT");
  await proxy.untilReady();
  expect(await proxy.read("s-sleep", 11)).toMatchObject({ status: 200, revision: 11 });
  expect(proxy.log()).toMatch(/"event":"watch-ended".*compacted/);
  await proxy.stop();
});

test("a record that is missing is loud: the proxy serves nothing rather than a state with a hole", async () => {
  const proxy = await startProxy();
  await append("s-hole", 1);
  expect((await proxy.read("s-hole", 1)).status).toBe(200);
  await append("s-hole", 2, nextRecord + 1);
  const deadlineMs = performance.now() + 5000;
  while ((await proxy.health()).ready && performance.now() < deadlineMs) await sleep(20);
  expect(await proxy.health()).toMatchObject({
    ready: false,
    waitingFor: expect.stringContaining(`expected record 1 of partition ${partition}`),
  });
  expect((await proxy.readOnce("s-hole")).status).toBe(503);
  expect(await proxy.stop()).toBe(0);
});
