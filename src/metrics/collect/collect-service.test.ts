import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { serviceCollector } from "./collect-service.ts";
import type { Reading } from "./collector.ts";

/** A service that keeps these seconds, each with one histogram, and answers as docs/services.md says. */
async function service(seconds: number[]): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname === "/metrics") {
      response.end('sessions_operations_applied_total{partition="1"} 40\nunwanted 1\n');
      return;
    }
    const after = Number(url.searchParams.get("after"));
    const kept = seconds.filter((second) => second > after);
    response.end(
      JSON.stringify({
        unit: "us",
        seconds: kept.map((atMonotonicS) => ({
          atMonotonicS,
          histograms: { raft_commit: btoa(String(atMonotonicS)), other: "AAAA" },
        })),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return `127.0.0.1:${address.port}`;
}

test("each second of a service's histograms is recorded once, by run second, from the start on", async () => {
  const startS = 700_000;
  const seconds = [startS - 1, startS, startS + 1];
  const histograms: [string, number, string][] = [];
  const samples: [number, string, number][] = [];
  const reading: Reading = {
    t: 2,
    startMs: startS * 1000,
    signal: AbortSignal.timeout(5_000),
    sink: {
      event: () => {},
      sample: (...sample) => void samples.push(sample),
      histogram: (...histogram) => void histograms.push(histogram),
    },
  };
  const collector = serviceCollector({
    nodeId: "gateway/1",
    address: await service(seconds),
    figures: { operationsApplied: "sessions_operations_applied_total", absent: "not_there" },
    histograms: { raft_commit: "sessions.raftCommit" },
  });
  await collector.read(reading);
  seconds.push(startS + 2);
  await collector.read(reading);
  expect(histograms).toEqual(
    [0, 1, 2].map((second) => ["sessions.raftCommit", second, btoa(String(startS + second))]),
  );
  expect(samples).toEqual([
    [2, "node.gateway/1.operationsApplied", 40],
    [2, "node.gateway/1.operationsApplied", 40],
  ]);
});
