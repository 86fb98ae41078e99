/**
 * How soon the snapshot proxy is whole again after a restart: a real three-member etcd holds 60,000
 * sessions as bases, 200 MB of state as JSON, and two partitions with 4 MB of records each. The proxy
 * is killed and started again; "ready" is /healthz, "whole" is every session in its memory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EtcdCluster } from "../src/reference-backend/etcd-client/etcd-cluster.ts";
import { keyBytes } from "../src/reference-backend/etcd-client/keys.ts";
import {
  applyOperation,
  initialState,
  type SessionState,
} from "../src/reference-backend/sessions/game/session-state.ts";
import { stateToJson } from "../src/reference-backend/sessions/game/state-json.ts";
import type { Operation } from "../src/reference-backend/sessions/gateway/session-writer.ts";
import { encodeBase } from "../src/reference-backend/sessions/log/format/base.ts";
import {
  beatKey,
  logKey,
  partitionsKey,
} from "../src/reference-backend/sessions/log/format/keys.ts";
import { partitionOf } from "../src/reference-backend/sessions/log/format/partition-of.ts";
import {
  encodeRecord,
  operationBytes,
} from "../src/reference-backend/sessions/log/format/record.ts";
import { freePorts, TestEtcd } from "../test/etcd/test-etcd.ts";
import { atLeast, atMost, printReadings } from "./readings.ts";

const main = fileURLToPath(
  new URL("../src/reference-backend/sessions/proxy/main.ts", import.meta.url),
);
const sessions = 60_000;
const partitions = 2;
const operationsPerBase = 12;
const tailBytes = 4 * 1024 * 1024;
const recordBytes = 32 * 1024;
const basesPerTxn = 100;
const lastFolded = 99;
const samples = 1000;
const withinMs = 60_000;
const mb = 1024 * 1024;

const etcd = await TestEtcd.start(3);
const cluster = new EtcdCluster({ endpoints: etcd.endpoints });
cluster.start();
await cluster.whenLeader(5000);
const beat = setInterval(() => {
  cluster.put({ key: keyBytes(beatKey("gateway/1")) }).catch(() => undefined);
}, 200);
let proxy: ChildProcess | undefined;
try {
  const states = await fill();
  const jsonBytes = states.reduce((sum, state) => sum + stateToJson(state).length, 0);
  const [port = 0] = await freePorts(1);
  const base = `http://127.0.0.1:${port}`;
  proxy = start(port);
  await whole(base);
  const exited = once(proxy, "exit");
  proxy.kill("SIGKILL");
  await exited;
  const startMs = performance.now();
  proxy = start(port);
  await until(async () => (await fetch(`${base}/healthz`)).ok);
  const readyS = (performance.now() - startMs) / 1000;
  await whole(base);
  const wholeS = (performance.now() - startMs) / 1000;
  const wrong = await wrongReads(base, states);
  const figures = await metrics(base);
  printReadings([
    atLeast("state as JSON, million bytes", jsonBytes / 1e6, 200),
    atMost("start to ready, s", readyS, 5),
    atMost("start to whole, s", wholeS, 5),
    atLeast("sessions in memory", figures.get("sessions_cache_states"), sessions),
    atMost(`reads of ${samples} that were wrong`, wrong, 0),
    atMost("asked of the store", figures.get("sessions_cache_misses_total"), 0),
    atMost("cache, MB", (figures.get("sessions_cache_bytes") ?? 0) / mb, 200),
    atMost("tails, MB", (figures.get("sessions_tail_bytes") ?? 0) / mb, 32),
    atMost("proxy's memory, MB", (figures.get("process_resident_memory_bytes") ?? 0) / mb, 512),
    atMost("proxy's CPU, s", figures.get("process_cpu_seconds_total"), 10),
  ]);
} finally {
  proxy?.kill("SIGKILL");
  clearInterval(beat);
  cluster.stop();
  await etcd[Symbol.asyncDispose]();
}

/** Returns every session's state as it should be read. */
async function fill(): Promise<SessionState[]> {
  await cluster.put({ key: keyBytes(partitionsKey), value: keyBytes(String(partitions)) });
  const states = Array.from({ length: sessions }, (_, i) => {
    const session = `s-${String(i).padStart(9, "0")}`;
    const state = initialState(session, 0);
    for (let sequence = 1; sequence <= operationsPerBase; sequence += 1) {
      applyOperation(state, operation(session, sequence));
    }
    return state;
  });
  for (let i = 0; i < sessions; i += basesPerTxn) {
    const puts = states.slice(i, i + basesPerTxn).map((state) => {
      const { session } = state;
      const key = keyBytes(`/hunt/base/${partitionOf(session, partitions)}/${session}`);
      const value = encodeBase({ closed: false, n: lastFolded, state, windows: [] });
      return { request: { case: "requestPut" as const, value: { key, value } } };
    });
    await cluster.txn({ success: puts });
  }
  for (let partition = 0; partition < partitions; partition += 1) {
    await fillTail(
      partition,
      states.filter(({ session }) => partitionOf(session, partitions) === partition),
    );
  }
  return states;
}

async function fillTail(partition: number, states: readonly SessionState[]): Promise<void> {
  let written = 0;
  let next = 0;
  for (let n = lastFolded + 1; written < tailBytes; n += 1) {
    const operations: Operation[] = [];
    for (let bytes = 0; bytes < recordBytes; ) {
      const state = states[next % states.length];
      if (state === undefined) return;
      const round = Math.floor(next / states.length);
      const one = operation(state.session, operationsPerBase + 1 + round);
      applyOperation(state, one);
      operations.push(one);
      bytes += operationBytes(one);
      next += 1;
    }
    const value = encodeRecord({ epoch: 1, batchId: "00".repeat(8), operations });
    await cluster.put({ key: keyBytes(logKey(partition, n)), value });
    written += value.length;
  }
}

function operation(session: string, sequence: number): Operation {
  const kind = sequence === 1 ? 1 : 3;
  const field1 = (sequence * 37) % 224;
  const field2 = sequence === 1 ? 0 : 0x9234_5671;
  return { session, device: 1, sequence, kind, field1, field2, field3: 0 };
}

function start(port: number): ChildProcess {
  const flags = ["--name", "proxy/1", "--listen", `127.0.0.1:${port}`, "--design", "log"];
  const args = [main, ...flags, "--etcd", etcd.endpoints.join(",")];
  return spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
}

async function whole(base: string): Promise<void> {
  await until(async () => (await metrics(base)).get("sessions_warm") === 1);
}

async function metrics(base: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
}

async function wrongReads(base: string, states: readonly SessionState[]): Promise<number> {
  let wrong = 0;
  for (let i = 0; i < samples; i += 1) {
    const state = states[(i * 7919) % states.length];
    if (state === undefined) continue;
    const response = await fetch(`${base}/v1/sessions/${state.session}/state`);
    if ((await response.text()) !== stateToJson(state).toString()) wrong += 1;
  }
  return wrong;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms`);
    await sleep(20);
  }
}
