import { expect, onTestFinished, test, vi } from "vitest";
import { etcdTopology, localRun } from "../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import type { TimelineEvent } from "../recording/events.ts";
import type { Backend } from "../runtime/runtime.ts";
import { etcdCollectors } from "./collect-etcd.ts";
import { processCollector } from "./collect-processes.ts";
import { startCollectors } from "./collector.ts";
import type { MetricsSink } from "./sink.ts";

/** What collectors put, as arrays. */
function memorySink() {
  const events: TimelineEvent[] = [];
  const samples: { t: number; series: string; value: number }[] = [];
  const sink: MetricsSink = {
    event: (event) => void events.push(event),
    sample: (t, series, value) => void samples.push({ t, series, value }),
    histogram: () => {},
  };
  const of = (series: string) => samples.filter((sample) => sample.series === series);
  return { sink, events, samples, of };
}

async function up(members: number): Promise<Backend> {
  const backend = await localRun(temporaryFolder()).up(etcdTopology(members));
  onTestFinished(async () => void (await backend.stop()));
  return backend;
}

function membersOf(backend: Backend) {
  return backend.status().map(({ nodeId }) => ({
    nodeId,
    address: backend.addresses.address(nodeId, "client"),
  }));
}

/** Whether it was done. */
async function put(backend: Backend, nodeId: string, key: string, bytes: number): Promise<boolean> {
  const response = await fetch(`http://${backend.addresses.address(nodeId, "client")}/v3/kv/put`, {
    method: "POST",
    body: JSON.stringify({ key: btoa(key), value: btoa("x".repeat(bytes)) }),
  });
  await response.text();
  return response.ok;
}

const clock = { monotonicMs: () => performance.now() };

test("figures of a real cluster grow by what was written, and one leader is told", async () => {
  const backend = await up(3);
  const memory = memorySink();
  const processes = processCollector(() => [
    ...backend.status(),
    { nodeId: "hunt", pid: process.pid, before: true },
  ]);
  const startMs = performance.now() + 200;
  await using running = startCollectors(
    [...etcdCollectors("etcd", membersOf(backend)), processes],
    { sink: memory.sink, startMs, clock },
  );
  await running.sampleNow();
  const before = memory.of("node.etcd/1.walBytes").at(-1)?.value ?? Number.NaN;
  for (let index = 0; index < 20; index += 1) await put(backend, "etcd/1", `k${index}`, 10_000);
  await running.sampleNow();
  await running.stop();

  const after = memory.of("node.etcd/1.walBytes").at(-1)?.value ?? Number.NaN;
  expect(after - before).toBeGreaterThan(200_000);
  expect(after - before).toBeLessThan(300_000);
  const leaders = ["etcd/1", "etcd/2", "etcd/3"].map(
    (node) => memory.of(`node.${node}.isLeader`).at(-1)?.value,
  );
  expect(leaders.toSorted()).toEqual([0, 0, 1]);
  const leader = `etcd/${leaders.indexOf(1) + 1}`;
  const told = memory.events.filter((event) => event.kind === "leader");
  expect(told).toMatchObject([{ cluster: "etcd", node: leader }]);
  expect(told[0]?.term).toBe(memory.of(`node.${leader}.term`).at(-1)?.value);
  expect(memory.of(`node.${leader}.walFsyncP99Ms`).at(-1)?.value).toBeGreaterThan(0);
  expect(memory.of("node.etcd/2.rssBytes").at(-1)?.value).toBeGreaterThan(5e6);
  // This process was there before: what it had used by then is not the run's.
  expect(memory.of("node.hunt.cpuSeconds")[0]?.value).toBe(0);
  expect(memory.of("node.hunt.cpuSeconds").at(-1)?.value).toBeGreaterThan(0);
  expect(memory.samples[0]?.t).toBeLessThan(0.1);
});

test("a member that hangs is a gap with a note, stops no other, and its figures come back", async () => {
  const backend = await up(3);
  const memory = memorySink();
  const startMs = performance.now();
  await using running = startCollectors(etcdCollectors("etcd", membersOf(backend)), {
    sink: memory.sink,
    startMs,
    clock,
  });
  await running.sampleNow();
  await backend.signalNode("etcd/3", "SIGSTOP");
  const stoppedAt = (performance.now() - startMs) / 1000;
  const notes = () => memory.events.filter((event) => event.kind === "note");
  try {
    await expect.poll(notes, { timeout: 5_000 }).toHaveLength(1);
    expect(notes()[0]?.text).toBe("figures of etcd/3: no figures: no answer within 900 ms");
    const goingOn = memory.of("node.etcd/1.walBytes").filter(({ t }) => t > stoppedAt);
    expect(goingOn.length).toBeGreaterThan(0);
    expect(memory.of("node.etcd/3.walBytes").filter(({ t }) => t > stoppedAt)).toEqual([]);
  } finally {
    await backend.signalNode("etcd/3", "SIGCONT");
  }
  await expect.poll(notes, { timeout: 5_000 }).toHaveLength(2);
  expect(notes()[1]?.text).toBe("figures of etcd/3: figures again");
});

test("a new leader is told once, with its term, and the old one is none when it is back", async () => {
  const backend = await up(3);
  const memory = memorySink();
  await using running = startCollectors(etcdCollectors("etcd", membersOf(backend)), {
    sink: memory.sink,
    startMs: performance.now(),
    clock,
  });
  await running.sampleNow();
  const told = () => memory.events.filter((event) => event.kind === "leader");
  const first = told()[0];
  if (first === undefined) throw new Error("no leader was told");
  await backend.stopNode(first.node);
  await expect.poll(() => told().length, { timeout: 10_000 }).toBe(2);
  expect(told()[1]?.node).not.toBe(first.node);
  expect(told()[1]?.term).toBeGreaterThan(first.term);
  await backend.restartNode(first.node, AbortSignal.timeout(10_000));
  await running.sampleNow();
  expect(memory.of(`node.${first.node}.isLeader`).at(-1)?.value).toBe(0);
  expect(memory.of(`node.${first.node}.term`).at(-1)?.value).toBeGreaterThan(first.term);
  expect(told()).toHaveLength(2);
});

test("a store that reaches its quota is told as one NOSPACE alarm, with its size", async () => {
  const topology = etcdTopology(3, { quotaBytes: 256 * 1024 });
  const backend = await localRun(temporaryFolder()).up(topology);
  onTestFinished(async () => void (await backend.stop()));
  const memory = memorySink();
  await using running = startCollectors(etcdCollectors("etcd", membersOf(backend)), {
    sink: memory.sink,
    startMs: performance.now(),
    clock,
  });
  await running.sampleNow();
  expect(memory.events.filter((event) => event.kind === "alarm")).toEqual([]);
  // etcd holds a Put against the size at the last commit of its backend, every 100 ms: so many may still
  // get in, and without one that is refused there is no alarm.
  let refused = false;
  for (let index = 0; index < 500 && !refused; index += 1) {
    refused = !(await put(backend, "etcd/1", `k${index}`, 20_000));
  }
  expect(refused).toBe(true);
  const alarms = () => memory.events.filter((event) => event.kind === "alarm");
  // etcd raises it by a proposal of its own, some time after the Put that went beyond the quota.
  await vi.waitUntil(async () => {
    await running.sampleNow();
    return alarms().length > 0;
  }, 10_000);
  await running.sampleNow();
  const told = alarms();
  expect(told).toMatchObject([{ alarm: "NOSPACE" }]);
  expect(told[0]?.detail).toMatch(/etcd\/\d has \d+ bytes, its quota is 262144/);
});

test("extensive metrics tell the time of RPCs too, and applies are timed in both", async () => {
  const backend = await localRun(temporaryFolder()).up(etcdTopology(1, { metrics: "extensive" }));
  onTestFinished(async () => void (await backend.stop()));
  const memory = memorySink();
  await using running = startCollectors(etcdCollectors("etcd", membersOf(backend)), {
    sink: memory.sink,
    startMs: performance.now(),
    clock,
  });
  await running.sampleNow();
  for (let index = 0; index < 5; index += 1) await put(backend, "etcd/1", `k${index}`, 1_000);
  await running.sampleNow();
  expect(memory.of("node.etcd/1.applyP99Ms").at(-1)?.value).toBeGreaterThan(0);
  expect(memory.of("node.etcd/1.putP99Ms").at(-1)?.value).toBeGreaterThan(0);
  expect(memory.of("node.etcd/1.slowApplies").at(-1)?.value).toBe(0);
});
