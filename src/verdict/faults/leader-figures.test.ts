import { expect, test } from "vitest";
import { recordFixture, sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RecordingWriter } from "../../recording/recording-writer.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { summarise } from "../summarise.ts";

function runWith(budgets: readonly string[]): RunDocument {
  const lane = sampleRun.lanes["sessions"];
  if (lane === undefined) throw new Error("the fixture has a sessions lane");
  const cluster = "etcd";
  const figures: typeof lane.figures = [
    { name: "leaderCpuShare", kind: "leader-rate", unit: "ratio", cluster, counter: "cpuSeconds" },
    {
      name: "leaderQueueBytes",
      kind: "leader-gauge",
      unit: "bytes",
      cluster,
      gauge: "inQueueBytes",
    },
    { name: "retransmits", kind: "growth", unit: "count", increaseOf: "sockets.*.retransmits" },
  ];
  return { ...sampleRun, lanes: { sessions: { ...lane, figures } }, budgets: [...budgets] };
}

async function figuresOf(
  write: (writer: RecordingWriter) => void,
  budgets: readonly string[] = [],
) {
  await using fixture = await recordFixture(runWith(budgets), write);
  const summary = await summarise(await openRecording(fixture.folder.path), async () => []);
  return { figures: summary.lanes["sessions"]?.figures ?? {}, budgets: summary.budgets };
}

/** etcd/1 leads until second 10 with half a core, then etcd/2 with a tenth. */
function leaderChange(writer: RecordingWriter): void {
  writer.event({ t: -1, kind: "leader", cluster: "etcd", node: "etcd/1", term: 2 });
  for (let second = -1; second <= 20; second += 1) {
    writer.sample(second, "node.etcd/2.cpuSeconds", 0.1 * (second + 1));
    writer.sample(second, "node.etcd/2.inQueueBytes", second < 10 ? 1e6 : 2_000);
    if (second === 10) {
      writer.event({ t: 10, kind: "leader", cluster: "etcd", node: "etcd/2", term: 3 });
    }
    if (second > 10) continue;
    writer.sample(second, "node.etcd/1.cpuSeconds", 0.5 * (second + 1));
    writer.sample(second, "node.etcd/1.inQueueBytes", 100);
  }
}

test("the leader's CPU is that of whoever led at the time, without the warm-up", async () => {
  const { figures } = await figuresOf(leaderChange);
  expect(figures["leaderCpuShare"]).toBeCloseTo((5 * 0.5 + 10 * 0.1) / 15);
});

test("the leader's queue counts readings of the leader alone", async () => {
  const { figures } = await figuresOf(leaderChange);
  expect(figures["leaderQueueBytes"]).toMatchObject({ p50: 2_000, max: 2_000, count: 15 });
});

test("a cluster whose leader nobody saw has no leader figures, not zeros", async () => {
  const { figures, budgets } = await figuresOf(
    (writer) => writer.sample(7, "node.etcd/1.cpuSeconds", 3),
    ["sessions.retransmits == 0", "sessions.leaderCpuShare < 90%"],
  );
  expect(figures).toEqual({ leaderCpuShare: null, leaderQueueBytes: null, retransmits: null });
  expect(budgets.map((budget) => budget.observed)).toEqual([null, null]);
});

test("budgets can name them, each in its unit", async () => {
  const { budgets } = await figuresOf(
    (writer) => {
      leaderChange(writer);
      writer.sample(4, "sockets.etcd-peer.retransmits", 1);
      writer.sample(9, "sockets.etcd-peer.retransmits", 4);
    },
    [
      "sessions.leaderCpuShare < 40%",
      "sessions.leaderQueueBytes.max <= 2KB",
      "sessions.leaderQueueBytes.p99 < 1MB",
      "sessions.retransmits == 3",
    ],
  );
  expect(budgets).toMatchObject([
    { outcome: "held", unit: "%" },
    { outcome: "held", unit: "bytes", observed: 2_000 },
    { outcome: "inconclusive", unit: "bytes", samples: 15 },
    { outcome: "held", unit: "count", observed: 3 },
  ]);
});
