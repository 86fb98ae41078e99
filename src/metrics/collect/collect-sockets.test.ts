import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { type SocketPort, socketsCollector } from "./collect-sockets.ts";
import { startCollectors } from "./collector.ts";

const ports: readonly SocketPort[] = [
  { nodeId: "etcd/1", kind: "etcd", name: "client", cluster: "etcd" },
  { nodeId: "etcd/1", kind: "etcd", name: "peer", cluster: "etcd" },
  { nodeId: "etcd/2", kind: "etcd", name: "client", cluster: "etcd" },
  { nodeId: "etcd/2", kind: "etcd", name: "peer", cluster: "etcd" },
];
const startMs = 1_000_000;

/** One reading of a program that gives this answer. */
async function readFrom(status: number, body: string) {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const events: TimelineEvent[] = [];
  const samples = new Map<string, { t: number; value: number }>();
  const { port } = server.address() as AddressInfo;
  const collector = socketsCollector({ address: `127.0.0.1:${port}`, ports });
  await using running = startCollectors([collector], {
    sink: {
      event: (event) => void events.push(event),
      sample: (t, series, value) => void samples.set(series, { t, value }),
      histogram: () => {},
    },
    startMs,
    clock: { monotonicMs: () => startMs },
  });
  await running.sampleNow();
  return { events, samples };
}

test("where the kernel does not answer there is a note that says why, and no figure", async () => {
  const { events, samples } = await readFrom(503, "not available: operation not permitted\n");
  expect(samples.size).toBe(0);
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ kind: "note" });
  expect(JSON.stringify(events[0])).toContain("not available: operation not permitted");
});

test("retransmits add up over a kind of port, and a member's queue is what others send it", async () => {
  const port = (retransmits: number) => ({ retransmits, notSentBytes: 0, rttMaxUs: 1500 });
  const answer = {
    ports: [port(1), port(10), port(2), port(20)],
    queues: [{ atMonotonicMs: startMs + 250, inBytes: [1, 2, 4, 8], outBytes: [16, 32, 64, 128] }],
  };
  const { samples } = await readFrom(200, JSON.stringify(answer));
  expect(samples.get("sockets.etcd-client.retransmits")?.value).toBe(3);
  expect(samples.get("sockets.etcd-peer.retransmits")?.value).toBe(30);
  expect(samples.get("sockets.etcd-peer.rttMaxMs")?.value).toBe(1.5);
  // Its client and peer port, and what leaves by the other member's peer port.
  expect(samples.get("node.etcd/1.inQueueBytes")).toEqual({ t: 0.25, value: 1 + 2 + 128 });
  expect(samples.get("node.etcd/2.inQueueBytes")).toEqual({ t: 0.25, value: 4 + 8 + 32 });
});
