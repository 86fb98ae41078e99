import type { AddressInfo } from "node:net";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminRoutes, type ServiceHealth, startAdminServer } from "./admin-routes.ts";
import { type HistogramsDocument, SecondHistograms } from "./second-histograms.ts";

let nowMs = 700_000_000;
let health: ServiceHealth = { ready: false, waitingFor: "an etcd leader" };
const histograms = new SecondHistograms(["read", "raft_commit"], () => nowMs);
let server: Awaited<ReturnType<typeof startAdminServer>>;
let base: string;

beforeAll(async () => {
  const routes = adminRoutes({
    health: () => health,
    metrics: () => [{ name: "sessions_reads_total", value: 7 }],
    histograms,
  });
  server = await startAdminServer({ host: "127.0.0.1", port: 0 }, routes);
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function completed(after: number): Promise<HistogramsDocument> {
  const response = await fetch(`${base}/histograms?after=${after}`);
  return (await response.json()) as HistogramsDocument;
}

test("health is 503 with a reason until the service is ready", async () => {
  const before = await fetch(`${base}/healthz`);
  expect([before.status, await before.json()]).toEqual([503, health]);
  health = { ready: true };
  const after = await fetch(`${base}/healthz`);
  expect([after.status, await after.json()]).toEqual([200, { ready: true }]);
});

test("metrics are the service's own and those of its process", async () => {
  const text = await (await fetch(`${base}/metrics`)).text();
  expect(text).toContain("# TYPE sessions_reads_total counter\nsessions_reads_total 7\n");
  expect(text).toMatch(/process_resident_memory_bytes \d{7,}/);
  expect(text).toMatch(/process_cpu_seconds_total \d/);
});

test("a second's histogram appears once it is over, and is forgotten 10 seconds later", async () => {
  histograms.record("read", 1000);
  histograms.record("read", 3000);
  expect((await completed(0)).seconds).toEqual([]);
  nowMs += 1000;
  histograms.record("read", 9);
  const [second, ...rest] = (await completed(0)).seconds;
  expect(rest).toEqual([]);
  expect(second?.atMonotonicS).toBe(700_000);
  expect(Object.keys(second?.histograms ?? {})).toEqual(["read"]);
  const read = decodeFromCompressedBase64(second?.histograms["read"] ?? "");
  expect([read.totalCount, read.getValueAtPercentile(100)]).toEqual([2, 3001]);
  nowMs += 1000;
  expect((await completed(700_000)).seconds.map((s) => s.atMonotonicS)).toEqual([700_001]);
  nowMs += 10_000;
  expect((await completed(0)).seconds).toEqual([]);
});
