/** With the real program; what it tells of a disk is in its own tests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { binaryPath } from "../../engines/programs/binaries.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { MetricsSink } from "../sink.ts";
import { diskCollector } from "./collect-disk.ts";

const startMs = 86_400_000;

async function read(address: string) {
  const events: TimelineEvent[] = [];
  const samples: [number, string, number][] = [];
  const sink: MetricsSink = {
    event: (event) => events.push(event),
    sample: (...sample) => samples.push(sample),
    histogram: () => {},
  };
  await diskCollector(address).read({ t: 7, startMs, sink, signal: AbortSignal.timeout(900) });
  return { events, samples };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("the program syncs a file of its own and tells how long that took", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const file = join(temporaryFolder(), "sync.bin");
  const program = spawn(binaryPath("disk"), ["--listen", address, "--file", file]);
  onTestFinished(async () => {
    program.kill();
    if (program.exitCode === null) await once(program, "exit");
  });
  const deadline = performance.now() + 10_000;
  for (;;) {
    const samples = await read(address).then(
      (told) => told.samples,
      () => [],
    );
    const [sample] = samples;
    if (sample !== undefined) {
      expect(sample.slice(0, 2)).toEqual([7, "machine.diskSyncMaxMs"]);
      // 0 is a sync in which it did nothing but wait for a processor.
      if (Number(sample[2]) > 0) return;
    }
    if (performance.now() > deadline) throw new Error("no time of a sync was told within 10 s");
    await sleep(50);
  }
});

test("a stall is an event at the moment at which it began; with no sync there is no sample", async () => {
  const server = createServer((_, response) => {
    const stalls = [{ atMonotonicMs: startMs + 5_250, forMs: 700 }];
    response.end(JSON.stringify({ syncs: 0, maxMs: 0, stalls }));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await read(`127.0.0.1:${port}`)).toEqual({
    events: [{ t: 5.25, kind: "disk-stall", forS: 0.7 }],
    samples: [],
  });
});
