/** The read path over the naive sessions against a real etcd, with room for two states only. */
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freePorts, TestEtcd } from "../../../../../test/etcd/test-etcd.ts";
import { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../../etcd-client/keys.ts";
import { listen } from "../../../service-kit/admin-routes.ts";
import { jsonLog } from "../../../service-kit/json-log.ts";
import { initialState } from "../../game/session-state.ts";
import { stateToJson } from "../../game/state-json.ts";
import { beatKey } from "../../log/format/keys.ts";
import { ProxyProcess } from "../proxy-process.ts";
import { httpReads } from "../serving/http-reads.ts";
import { naiveDesign } from "./naive-sessions.ts";

const sessions = ["s-1", "s-2", "s-3", "s-4", "s-5"];
const readWithinMs = 10_000;
const state = stateToJson(initialState("s-1", 5)).toString();
const cleanups: (() => unknown)[] = [];
let etcd: TestEtcd;
let proxy: ProxyProcess;
let cluster: EtcdCluster;
let base: string;

function stateAt(session: string, revision: number): string {
  return state.replace("s-1", session).replace('"revision":0', `"revision":${revision}`);
}

async function write(session: string, revision: number): Promise<void> {
  const value = keyBytes(stateAt(session, revision));
  await cluster.put({ key: keyBytes(`/hunt/state/${session}`), value });
}

async function readOnce(session: string, minRevision = 0): Promise<string> {
  const url = `${base}/v1/sessions/${session}/state?minRevision=${minRevision}`;
  const response = await fetch(url);
  const text = await response.text();
  return response.status === 200 ? text : `${response.status} ${text}`;
}

/** As a client would: a store that stalls is "503 stale", and the read is sent again. */
async function read(session: string, minRevision = 0): Promise<string> {
  const deadlineMs = performance.now() + readWithinMs;
  for (;;) {
    const text = await readOnce(session, minRevision);
    if (!text.startsWith("503 ") || performance.now() > deadlineMs) return text;
  }
}

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  cleanups.push(() => etcd[Symbol.asyncDispose]());
  cluster = new EtcdCluster({ endpoints: etcd.endpoints });
  cluster.start();
  cleanups.push(() => cluster.stop());
  await cluster.whenLeader(5000);
  const beat = setInterval(() => {
    cluster.put({ key: keyBytes(beatKey("gateway/1")) }).catch(() => undefined);
  }, 100);
  cleanups.push(() => clearInterval(beat));
  for (const session of sessions) await write(session, 0);
  proxy = new ProxyProcess({
    etcd: cluster,
    design: naiveDesign(2 * state.length),
    log: jsonLog(() => undefined),
  });
  const counters = { totals: { reads: 0, bytes: 0 }, onRead: () => undefined };
  const server = createServer(httpReads(proxy, counters));
  const [port = 0] = await freePorts(1);
  base = `http://127.0.0.1:${port}`;
  await listen(server, { host: "127.0.0.1", port });
  proxy.start();
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
    proxy.stop();
  });
  await vi.waitUntil(() => proxy.health().ready, { timeout: 5000 });
});

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("a state that was given up for lack of room is read from the store again", async () => {
  for (const session of [...sessions, ...sessions]) {
    expect(await read(session)).toBe(stateAt(session, 0));
  }
});

test("a state read again is never older than what was asked for, while others push it out", async () => {
  for (let revision = 1; revision <= 20; revision += 1) {
    for (const session of sessions) await write(session, revision);
    const texts = await Promise.all(sessions.map((session) => read(session, revision)));
    expect(texts).toEqual(sessions.map((session) => stateAt(session, revision)));
  }
});

test("a state is read again elsewhere when the member followed falls silent", async () => {
  const followed = proxy.health().member ?? "";
  etcd.pause(etcd.indexOf(followed));
  try {
    // Within the second in which nobody knows yet, so that the reads are not refused as stale.
    const texts = await Promise.all(sessions.map((session) => readOnce(session)));
    expect(texts).toEqual(sessions.map((session) => stateAt(session, 20)));
  } finally {
    etcd.resume(etcd.indexOf(followed));
  }
});
