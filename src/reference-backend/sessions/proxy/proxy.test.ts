/** The proxy's process against a real cluster; the test plays the gateway and writes the log. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import { freePorts, TestEtcd } from "../../test-etcd/test-etcd.ts";
import { applyOperation, initialState } from "../game/session-state.ts";
import { stateToJson } from "../game/state-json.ts";
import type { Operation } from "../gateway/session-writer.ts";
import { beatKey, logKey } from "../log/keys.ts";
import { encodeRecord } from "../log/record.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const READ_WITHIN_MS = 10_000;
const OPENED = { device: 1, sequence: 1, kind: 1, field1: 5, field2: 0, field3: 0 } as const;
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
  partition++;
  nextRecord = 0;
});

/** Appends one record of one dig; the first opens the session. Retried: the cluster may be electing. */
async function append(session: string, sequence: number, n = nextRecord++): Promise<bigint> {
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

interface Proxy {
  readonly base: string;
  readonly child: ChildProcess;
  /** What it printed so far. */
  log(): string;
  /** As a client would: a store that stalls is 503 "stale", and the read is sent again. */
  read(session: string, minRevision?: number): Promise<ReadAnswer>;
}

interface ReadAnswer {
  readonly status: number;
  readonly revision: number;
  /** Of a refusal. */
  readonly text?: string;
}

async function startProxy(design: "naive" | "log" = "log"): Promise<Proxy> {
  const [port] = await freePorts(1);
  const base = `http://127.0.0.1:${port}`;
  const flags = `--name proxy/1 --listen 127.0.0.1:${port} --design ${design}`.split(" ");
  const args = [MAIN, ...flags, "--etcd", etcd.endpoints.join(",")];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  cleanups.push(() => child.kill("SIGKILL"));
  const proxy: Proxy = {
    base,
    child,
    log: () => log,
    read: async (session, minRevision) => {
      const deadlineMs = performance.now() + READ_WITHIN_MS;
      for (;;) {
        const answer = await readOnce(base, session, minRevision);
        if (answer.status !== 503 || performance.now() > deadlineMs) return answer;
      }
    },
  };
  await untilReady(proxy);
  return proxy;
}

async function readOnce(base: string, session: string, minRevision = 0): Promise<ReadAnswer> {
  const response = await fetch(`${base}/v1/sessions/${session}/state?minRevision=${minRevision}`);
  const text = await response.text();
  const revision = Number(response.headers.get("session-revision"));
  return response.ok ? { status: 200, revision } : { status: response.status, revision, text };
}

async function stop({ child }: Proxy): Promise<number | null> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const [code] = (await exited) as [number | null];
  return code;
}

async function health({ base }: Proxy): Promise<{ ready: boolean; member?: string }> {
  const response = await fetch(`${base}/healthz`).catch(() => undefined);
  return ((await response?.json()) ?? { ready: false }) as { ready: boolean; member?: string };
}

async function untilReady(proxy: Proxy, but?: string): Promise<string> {
  const deadlineMs = performance.now() + 10_000;
  while (performance.now() < deadlineMs) {
    const { ready, member } = await health(proxy);
    if (ready && member !== undefined && member !== but) return member;
    await sleep(20);
  }
  throw new Error(`proxy not ready after 10 s: ${JSON.stringify(await health(proxy))}`);
}

test("a read that asks for the acknowledged revision gets it, a later one is refused with 504", async () => {
  const proxy = await startProxy();
  for (let sequence = 1; sequence <= 30; sequence++) {
    await append("s-own", sequence);
    expect(await proxy.read("s-own", sequence)).toEqual({ status: 200, revision: sequence });
  }
  const waiting = proxy.read("s-own", 31);
  await append("s-own", 31);
  expect(await waiting).toEqual({ status: 200, revision: 31 });
  expect((await proxy.read("s-own", 32)).status).toBe(504);
  expect((await proxy.read("s-none")).status).toBe(404);
  expect(await stop(proxy)).toBe(0);
});

test("the naive design's state is handed on byte by byte, before and after a change", async () => {
  const key = keyBytes("/hunt/state/s-whole");
  const state = initialState("s-whole", 5);
  await cluster.put({ key, value: stateToJson(state) });
  const proxy = await startProxy("naive");
  expect(await proxy.read("s-whole", 0)).toEqual({ status: 200, revision: 0 });
  applyOperation(state, { ...OPENED, session: "s-whole" });
  await cluster.put({ key, value: stateToJson(state) });
  expect(await proxy.read("s-whole", 1)).toEqual({ status: 200, revision: 1 });
  const response = await fetch(`${proxy.base}/v1/sessions/s-whole/state`);
  expect(await response.text()).toBe(stateToJson(state).toString());
  await stop(proxy);
});

test("a restarted proxy rebuilds every session, page by page", async () => {
  for (let sequence = 1; sequence <= 200; sequence++) await append("s-again", sequence);
  const first = await startProxy();
  expect(await first.read("s-again")).toEqual({ status: 200, revision: 200 });
  await stop(first);
  await append("s-again", 201);
  const second = await startProxy();
  expect(await second.read("s-again")).toEqual({ status: 200, revision: 201 });
  await stop(second);
});

test("a killed member's watch goes on elsewhere without a gap or a duplicate", async () => {
  const proxy = await startProxy();
  const member = await untilReady(proxy);
  await append("s-move", 1);
  const killed = etcd.kill(etcd.indexOf(member));
  for (let sequence = 2; sequence <= 40; sequence++) await append("s-move", sequence);
  await killed;
  expect(await untilReady(proxy, member)).not.toBe(member);
  // Counted twice, or skipped, the revision would not be the count of appended operations.
  expect(await proxy.read("s-move", 40)).toEqual({ status: 200, revision: 40 });
  await etcd.restart(etcd.indexOf(member));
  await stop(proxy);
});

test("a member that falls silent is left for one that has newer heartbeats", async () => {
  const proxy = await startProxy();
  const member = await untilReady(proxy);
  await append("s-stale", 1);
  etcd.pause(etcd.indexOf(member));
  await append("s-stale", 2);
  expect(await untilReady(proxy, member)).not.toBe(member);
  expect(await proxy.read("s-stale", 2)).toEqual({ status: 200, revision: 2 });
  etcd.resume(etcd.indexOf(member));
  await stop(proxy);
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
  for (let sequence = 2; sequence <= 10; sequence++) await append("s-sleep", sequence);
  await cluster.compact({ revision: await append("s-sleep", 11), physical: true });
  proxy.child.kill("SIGCONT");
  await untilReady(proxy);
  expect(await proxy.read("s-sleep", 11)).toEqual({ status: 200, revision: 11 });
  expect(proxy.log()).toMatch(/"event":"watch-ended".*compacted/);
  await stop(proxy);
});

test("a record that is missing is loud: the proxy serves nothing rather than a state with a hole", async () => {
  const proxy = await startProxy();
  await append("s-hole", 1);
  expect((await proxy.read("s-hole", 1)).status).toBe(200);
  await append("s-hole", 2, nextRecord + 1);
  const deadlineMs = performance.now() + 5000;
  while ((await health(proxy)).ready && performance.now() < deadlineMs) await sleep(20);
  expect(await health(proxy)).toMatchObject({
    ready: false,
    waitingFor: expect.stringContaining(`expected record 1 of partition ${partition}`),
  });
  expect((await readOnce(proxy.base, "s-hole")).status).toBe(503);
  expect(await stop(proxy)).toBe(0);
});
