import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { etcdTopology, localRun } from "../../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import { processCollector } from "../../../metrics/collect/collect-processes.ts";
import { startCollectors } from "../../../metrics/collect/collector.ts";
import type { MetricsSink } from "../../../metrics/sink.ts";
import type { TimelineEvent } from "../../../recording/timeline/events.ts";
import type { Backend } from "../../../runtime/runtime.ts";
import { etcdCollectors } from "./collect-etcd.ts";

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
  const processes = processCollector(
    () => [{ nodeId: "hunt", pid: process.pid, before: true }],
    () => backend.figures(),
  );
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

/** By hand, as `etcdctl alarm` would. @returns the status of the answer. */
async function callAlarm(
  backend: Backend,
  nodeId: string,
  request: { readonly action: "ACTIVATE" | "DEACTIVATE"; memberID?: string; alarm: string },
): Promise<void> {
  const address = backend.addresses.address(nodeId, "client");
  const body = JSON.stringify(request);
  const response = await fetch(`http://${address}/v3/maintenance/alarm`, { method: "POST", body });
  expect(await response.text()).toContain("header");
}

async function memberId(backend: Backend, nodeId: string): Promise<string> {
  const address = backend.addresses.address(nodeId, "client");
  const response = await fetch(`http://${address}/v3/maintenance/status`, { method: "POST" });
  const { header } = z
    .object({ header: z.object({ member_id: z.string() }) })
    .parse(await response.json());
  return header.member_id;
}

test("each raise and clearing of an alarm is told, with its member and kind, far below the quota", async () => {
  const backend = await up(3);
  const memory = memorySink();
  await using running = startCollectors(etcdCollectors("etcd", membersOf(backend)), {
    sink: memory.sink,
    startMs: performance.now(),
    clock,
  });
  await running.sampleNow();
  const alarms = () => memory.events.filter((event) => event.kind === "alarm");
  expect(alarms()).toEqual([]);
  const memberID = await memberId(backend, "etcd/2");
  for (const alarm of ["CORRUPT", "NOSPACE", "CORRUPT"]) {
    await callAlarm(backend, "etcd/1", { action: "ACTIVATE", memberID, alarm });
    // Every member refuses once it has applied it, so the detail says what is so.
    await expect.poll(() => put(backend, "etcd/3", "k", 10)).toBe(false);
    await running.sampleNow();
    await running.sampleNow();
    await callAlarm(backend, "etcd/3", { action: "DEACTIVATE", memberID, alarm });
    await expect.poll(() => put(backend, "etcd/1", "k", 10)).toBe(true);
    await running.sampleNow();
  }
  expect(alarms().map(({ node, alarm, state }) => `${state} ${alarm} ${node}`)).toEqual([
    "raised CORRUPT etcd/2",
    "cleared CORRUPT etcd/2",
    "raised NOSPACE etcd/2",
    "cleared NOSPACE etcd/2",
    "raised CORRUPT etcd/2",
    "cleared CORRUPT etcd/2",
  ]);
  expect(alarms()[0]?.detail).toMatch(/^etcd refuses writes until .* data differs/);
});

test("an alarm that was there before the first reading is told, of a member that is down, too", async () => {
  const backend = await up(3);
  const memory = memorySink();
  const members = membersOf(backend);
  await callAlarm(backend, "etcd/1", {
    action: "ACTIVATE",
    memberID: await memberId(backend, "etcd/3"),
    alarm: "CORRUPT",
  });
  await callAlarm(backend, "etcd/1", { action: "ACTIVATE", alarm: "NOSPACE" });
  await backend.stopNode("etcd/3");
  await using running = startCollectors(etcdCollectors("etcd", members), {
    sink: memory.sink,
    startMs: performance.now(),
    clock,
  });
  await running.sampleNow();
  const alarms = memory.events.filter((event) => event.kind === "alarm");
  const told = alarms.map(({ alarm, node, detail }) => ({ alarm, node, detail }));
  expect(told.toSorted((left, right) => left.alarm.localeCompare(right.alarm))).toEqual([
    {
      alarm: "CORRUPT",
      node: "etcd/3",
      detail: expect.stringMatching(/^it was there when hunt looked first; etcd refuses/),
    },
    {
      alarm: "NOSPACE",
      node: expect.stringMatching(/^etcd\/[12]$/),
      detail: expect.stringContaining("raised for no member (id 0)"),
    },
  ]);
});

test("a member that hangs keeps no alarm alive, and one that is behind clears none", async () => {
  const backend = await up(3);
  const memory = memorySink();
  await using running = startCollectors(etcdCollectors("etcd", membersOf(backend)), {
    sink: memory.sink,
    startMs: performance.now(),
    clock,
  });
  await running.sampleNow();
  const memberID = await memberId(backend, "etcd/1");
  const alarm = "CORRUPT";
  const states = () =>
    memory.events.flatMap((event) => (event.kind === "alarm" ? [event.state] : []));
  const leads = (id: string) => memory.of(`node.${id}.isLeader`).at(-1)?.value === 1;
  // Without its leader the cluster would disarm nothing for a while.
  const follower = leads("etcd/3") ? "etcd/2" : "etcd/3";
  await callAlarm(backend, "etcd/1", { action: "ACTIVATE", memberID, alarm });
  await expect.poll(() => put(backend, follower, "k", 10)).toBe(false);
  await running.sampleNow();
  await backend.signalNode(follower, "SIGSTOP");
  try {
    await callAlarm(backend, "etcd/1", { action: "DEACTIVATE", memberID, alarm });
    await expect.poll(states, { timeout: 5_000 }).toEqual(["raised", "cleared"]);
  } finally {
    await backend.signalNode(follower, "SIGCONT");
  }
  await running.sampleNow();
  await running.sampleNow();
  expect(states()).toEqual(["raised", "cleared"]);
});

test("a store that reaches its quota is told as a NOSPACE alarm of its member, with its size", async () => {
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
  // Each member may raise its own.
  for (const each of told) expect(each).toMatchObject({ alarm: "NOSPACE", state: "raised" });
  expect(new Set(told.map(({ node }) => node)).size).toBe(told.length);
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
