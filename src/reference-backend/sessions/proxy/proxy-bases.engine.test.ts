/** The proxy's process over bases, trims, deletes and compaction in a real cluster, under load. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { pauseProcess } from "../../../../test/etcd/pause-process.ts";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import { TestProxy } from "../../../../test/sessions/proxy/test-proxy.ts";
import { TestStore } from "../../../../test/sessions/proxy/test-store.ts";

const loadMs = 6000;
const readers = 8;
const proxies: TestProxy[] = [];
let etcd: TestEtcd;
let store: TestStore;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  store = await TestStore.over(etcd);
});

afterAll(async () => {
  store?.stop();
  await etcd?.[Symbol.asyncDispose]();
});

afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.kill();
});

async function startProxy(flags: string[] = []): Promise<TestProxy> {
  const proxy = await TestProxy.start(etcd, "log", flags);
  proxies.push(proxy);
  return proxy;
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
}

/** What a player sees of each session: nothing may be older than what was seen before. */
class Player {
  readonly problems: string[] = [];
  reads = 0;
  readonly #seen = new Map<string, number>();
  readonly #proxy: TestProxy;

  constructor(proxy: TestProxy) {
    this.#proxy = proxy;
  }

  async read(session: string, minRevision: number): Promise<void> {
    const { status, revision, text } = await this.#proxy.read(session, minRevision);
    this.reads += 1;
    const before = Math.max(minRevision, this.#seen.get(session) ?? 0);
    if (status !== 200) {
      this.problems.push(`${session} from ${minRevision}: ${status} ${text}`);
      return;
    }
    if (revision < before) this.problems.push(`${session}: ${revision} after ${before}`);
    const { devices } = JSON.parse(text) as { devices: Record<string, { count: number }> };
    if (devices["1"]?.count !== revision) this.problems.push(`${session}: ${text.slice(0, 200)}`);
    this.#seen.set(session, revision);
  }
}

test("folds, trims and deletes of bases change nothing that is read, nor does a restart", async () => {
  const sessions = names("s-fold", 300);
  const running = await startProxy();
  for (let round = 0; round < 3; round += 1) {
    await store.append(sessions);
    await store.append(sessions.slice(0, 100));
    await store.foldAndTrim();
    await store.append(sessions.slice(50, 150));
  }
  const [gone = "", ...kept] = sessions.slice(200);
  await store.deleteBase(gone);
  const restarted = await startProxy();
  const bare = await startProxy(["--cache-mb", "1"]);
  await restarted.untilMetric("sessions_warm", 1);
  for (const proxy of [running, restarted, bare]) {
    for (const session of [...sessions.slice(0, 200), ...kept]) {
      const { text } = await proxy.read(session, store.revision(session));
      expect(text).toBe(store.json(session));
    }
    expect((await proxy.read(gone)).status).toBe(404);
    expect((await proxy.read("s-never")).status).toBe(404);
  }
});

test("reads over gRPC agree with those over HTTP, refusals too", async () => {
  const sessions = names("s-grpc", 20);
  await store.append(sessions);
  const proxy = await startProxy();
  for (const session of sessions) {
    const { revision, text } = await proxy.read(session, 1);
    expect(await proxy.readGrpc(session, 1)).toEqual({ status: 0, revision, text });
  }
  const waiting = proxy.readGrpc("s-grpc-0", 2);
  await store.append(["s-grpc-0"]);
  expect(await waiting).toMatchObject({ status: 0, revision: 2 });
  const [notFound, deadline] = await Promise.all([
    proxy.readGrpc("s-never"),
    proxy.readGrpc("s-grpc-0", 3),
  ]);
  expect(notFound).toMatchObject({ status: 5, text: "no such session" });
  expect(deadline.status).toBe(4);
  expect((await proxy.readGrpc("")).status).toBe(3);
});

test("with 8 MB of cache under full load states are given up and read again, and nothing goes back", async () => {
  const sessions = names("s-load", 12_000);
  const proxy = await startProxy(["--cache-mb", "8"]);
  const player = new Player(proxy);
  for (let i = 0; i < sessions.length; i += 500) await store.append(sessions.slice(i, i + 500));
  const endMs = performance.now() + loadMs;
  let written = 0;
  const write = async (): Promise<void> => {
    for (let round = 0; performance.now() < endMs; round += 1) {
      const from = (round * 100) % sessions.length;
      await store.append(sessions.slice(from, from + 100));
      written += 100;
      if (round % 150 === 149) await store.foldAndTrim();
    }
  };
  const read = async (reader: number): Promise<void> => {
    for (let i = reader; performance.now() < endMs; i += readers) {
      const session = sessions[(i * 31) % sessions.length] ?? "";
      await player.read(session, i % 2 === 0 ? store.revision(session) : 0);
    }
  };
  await Promise.all([write(), ...Array.from({ length: readers }, (_, i) => read(i))]);
  expect(player.problems.slice(0, 5)).toEqual([]);
  expect(player.reads).toBeGreaterThan(500);
  // 1,000 operations/s at the least; an idle machine does ten times that.
  expect(written).toBeGreaterThan(loadMs);
  expect(await proxy.metric("sessions_cache_evictions_total")).toBeGreaterThan(100);
  expect(await proxy.metric("sessions_cache_misses_total")).toBeGreaterThan(50);
  expect(await proxy.metric("sessions_cache_bytes")).toBeLessThanOrEqual(8 * 1024 * 1024);
}, 30_000);

test("a proxy that slept while etcd compacted past it rebuilds without a step back", async () => {
  const sessions = names("s-sleep", 100);
  for (let i = 0; i < 5; i += 1) await store.append(sessions);
  const proxy = await startProxy();
  const player = new Player(proxy);
  for (const session of sessions) await player.read(session, 5);
  const pid = proxy.child.pid ?? 0;
  pauseProcess(pid);
  // The members give the sleeping proxy's watch up, so that it has to ask for compacted revisions.
  const leader = await store.cluster.whenLeader(1000);
  for (const { endpoint } of store.cluster.members) {
    if (endpoint !== leader.endpoint) await etcd.restart(etcd.indexOf(endpoint));
  }
  await store.append(sessions);
  await store.foldAndTrim();
  const revision = await store.append(sessions.slice(0, 50));
  await store.cluster.compact({ revision, physical: true });
  process.kill(pid, "SIGCONT");
  // No revision is asked for: whatever is answered must not be older than what was seen before.
  await Promise.all(sessions.map((session) => player.read(session, 0)));
  expect(player.problems).toEqual([]);
  for (const session of sessions) {
    expect((await proxy.read(session, store.revision(session))).text).toBe(store.json(session));
  }
  expect(proxy.log()).toMatch(/"event":"watch-ended".*compacted/);
});

test("a follower that falls silent is left, and what is not in memory is read from another", async () => {
  await store.append(["s-cut"]);
  const proxy = await startProxy(["--cache-mb", "1"]);
  const member = await proxy.untilReady();
  const changes = await proxy.metric("sessions_member_changes_total");
  etcd.pause(etcd.indexOf(member));
  try {
    await store.append(["s-cut"]);
    expect(await proxy.untilReady(member)).not.toBe(member);
    expect((await proxy.read("s-cut", 2)).revision).toBe(2);
    expect(await proxy.metric("sessions_member_changes_total")).toBe(changes + 1);
    expect(await proxy.metric("sessions_staleness_seconds")).toBeLessThan(1);
  } finally {
    etcd.resume(etcd.indexOf(member));
  }
});
