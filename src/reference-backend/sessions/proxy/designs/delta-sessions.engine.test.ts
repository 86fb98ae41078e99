/** The read path over the sessions of `delta`, as gateways write them, in a process with little room. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../../../test/etcd/test-etcd.ts";
import {
  DeltaObserver,
  TestDeltaGateway,
} from "../../../../../test/sessions/delta/test-delta-gateway.ts";
import { dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { TestProxy } from "../../../../../test/sessions/proxy/test-proxy.ts";
import { deltaKey } from "../../delta/format/delta-keys.ts";

const mb = 1024 * 1024;
/** More than 1 MB holds with their JSON, and pages of the warm-up cut some of them in two. */
const sessions = Array.from({ length: 300 }, (_, i) => `s-${i}`);
const digs = 5;
const cleanups: (() => unknown)[] = [];
let etcd: TestEtcd;
let observer: DeltaObserver;
let one: TestDeltaGateway;
let two: TestDeltaGateway;
/** With room for few. */
let proxy: TestProxy;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  cleanups.push(() => etcd[Symbol.asyncDispose]());
  observer = new DeltaObserver(etcd.endpoints);
  cleanups.push(() => observer.stop());
  one = new TestDeltaGateway(etcd.endpoints, 1, { flushMs: 2 });
  two = new TestDeltaGateway(etcd.endpoints, 2, { flushMs: 2 });
  await Promise.all([one, two].map((gateway) => gateway.start()));
  cleanups.push(() => Promise.all([one, two].map((gateway) => gateway.stop())));
  await Promise.all(sessions.map((session) => one.ask(opened(session))));
  for (let sequence = 2; sequence <= 1 + digs; sequence += 1) {
    await Promise.all(sessions.map((session) => one.ask(dig(session, sequence))));
  }
  proxy = await TestProxy.start(etcd, "delta", ["--cache-mb", "1"]);
  cleanups.push(() => proxy.kill());
});

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function document(from: TestProxy, session: string, minRevision = 0) {
  const { status, revision, text } = await from.read(session, minRevision);
  expect(status, text).toBe(200);
  const state: unknown = JSON.parse(text);
  expect(state).toMatchObject({ session, revision });
  return { revision, state };
}

test("every session is read as its deltas tell, though there is room for few of them", async () => {
  for (let round = 0; round < 2; round += 1) {
    for (const session of sessions) {
      const { revision, state } = await document(proxy, session);
      expect(revision).toBe(1 + digs);
      if (round > 0) expect(state).toEqual(await observer.state(session));
    }
  }
  expect(await proxy.metric("sessions_cache_evictions_total")).toBeGreaterThan(100);
  expect(await proxy.metric("sessions_cache_misses_total")).toBeGreaterThan(100);
  expect(await proxy.metric("sessions_cache_bytes")).toBeLessThanOrEqual(mb);
});

test("a session that nobody opened is not found", async () => {
  expect(await proxy.read("s-nobody")).toMatchObject({ status: 404 });
});

test("a read of what was acknowledged is never older, while deltas are folded and others push it out", async () => {
  const watched = sessions.slice(0, 8);
  for (let sequence = 2 + digs; sequence <= 60; sequence += 1) {
    const gateway = sequence % 20 < 10 ? one : two;
    await Promise.all(
      watched.map(async (session, i) => {
        const { revision } = await gateway.ask(dig(session, sequence));
        expect(revision).toBe(sequence);
        // Others are read between, so that some of these are not in memory.
        await proxy.read(sessions[(sequence * 37 + i * 31) % sessions.length] ?? session);
        expect((await document(proxy, session, sequence)).revision).toBe(sequence);
      }),
    );
  }
  for (const session of watched) {
    expect((await document(proxy, session)).state).toEqual(await observer.state(session));
    expect((await observer.stored(session)).base?.n).toBeGreaterThan(0);
  }
});

test("a session that is opened while the proxy watches is in memory from then on", async () => {
  await one.ask(opened("s-new"));
  // A read that is sooner than the watch asks the store, and waits.
  expect((await document(proxy, "s-new", 1)).revision).toBe(1);
  const before = await proxy.metric("sessions_cache_misses_total");
  await two.ask(dig("s-new", 2));
  expect((await document(proxy, "s-new", 2)).revision).toBe(2);
  expect(await proxy.metric("sessions_cache_misses_total")).toBe(before);
});

test("a proxy that is started again has all sessions in memory soon, while they are written", async () => {
  const fresh = await TestProxy.start(etcd, "delta");
  try {
    const writing = Promise.all(sessions.slice(100).map((each) => two.ask(dig(each, 2 + digs))));
    await fresh.untilMetric("sessions_warm", 1);
    for (const { outcome } of await writing) expect(outcome).toBe("ok");
    const misses = await fresh.metric("sessions_cache_misses_total");
    for (const session of sessions.slice(100)) {
      const { state } = await document(fresh, session, 2 + digs);
      expect(state).toEqual(await observer.state(session));
    }
    expect(await fresh.metric("sessions_cache_misses_total")).toBe(misses);
    expect(await fresh.metric("sessions_cache_states")).toBeGreaterThanOrEqual(sessions.length);
  } finally {
    fresh.kill();
  }
});

test("a session is read elsewhere when the member that is followed falls silent", async () => {
  const followed = (await proxy.health()).member ?? "";
  etcd.pause(etcd.indexOf(followed));
  try {
    for (const session of sessions.slice(200, 220)) {
      expect((await document(proxy, session)).revision).toBe(2 + digs);
    }
  } finally {
    etcd.resume(etcd.indexOf(followed));
    await proxy.untilReady();
  }
});

test("a delta that is missing is never passed over: the proxy says so, and serves nothing wrong", async () => {
  await one.ask(opened("s-broken"));
  for (let sequence = 2; sequence <= 4; sequence += 1) await one.ask(dig("s-broken", sequence));
  await observer.delete(deltaKey("s-broken", 2));
  // Until it is not in memory any more.
  for (const session of sessions) await proxy.read(session);
  expect((await proxy.readOnce("s-broken")).status).toBe(503);
  await expect
    .poll(async () => (await proxy.health()).waitingFor, { timeout: 5000 })
    .toContain("session s-broken");
  expect(proxy.log()).toContain("load-again");
});
