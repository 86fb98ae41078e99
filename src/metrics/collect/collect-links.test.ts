import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { linksCollector } from "./collect-links.ts";

const none = {
  ...{ connections: 1, openConnections: 1, bytes: 0, chunks: 0, delayed: 0, held: 0 },
  ...{ fastStalls: 0, tailStalls: 0, delaysUs: [] as [number, number][] },
};

async function answering(answers: readonly unknown[]): Promise<string> {
  const left = [...answers];
  const server = createServer((_, response) => response.end(JSON.stringify(left.shift())));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a link's delays are those of the last second, both ways together, and a silent second is a gap", async () => {
  const link = (upstream: object, downstream: object) => ({
    links: [
      {
        name: "gateway/1->etcd/1:client",
        proxy: "gateway-1.to.etcd-1.client",
        profile: null,
        upstream: { ...none, ...upstream },
        downstream: { ...none, ...downstream },
      },
    ],
  });
  const first = [{ delaysUs: [[20, 1000]] }, {}] as const;
  const second = [
    {
      delaysUs: [
        [20, 1000],
        [40_000, 97],
      ],
      fastStalls: 2,
    },
    { delaysUs: [[240_000, 3]], tailStalls: 1 },
  ] as const;
  const restarted = [{ delaysUs: [[20, 5]] }, {}] as const;
  const collector = linksCollector(
    await answering([link(...first), link(...second), link(...second), link(...restarted)]),
  );
  const samples: [number, string, number][] = [];
  const sink = {
    event: () => {},
    histogram: () => {},
    sample: (t: number, series: string, value: number) => void samples.push([t, series, value]),
  };
  const signal = AbortSignal.timeout(5_000);
  for (const t of [0, 1, 2, 3]) await collector.read({ t, startMs: 0, sink, signal });
  const id = "link.gateway/1->etcd/1:client";
  expect(samples).toEqual([
    [0, `${id}.stalls`, 0],
    [1, `${id}.stalls`, 3],
    [1, `${id}.delayP50Ms`, 40],
    [1, `${id}.delayP99Ms`, 240],
    [2, `${id}.stalls`, 3],
    [3, `${id}.stalls`, 0],
    [3, `${id}.delayP50Ms`, 0.02],
    [3, `${id}.delayP99Ms`, 0.02],
  ]);
});
