import { describe, expect, test } from "vitest";
import {
  counts,
  hdr,
  phasedRun,
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../recording/recording-reader.ts";
import type { RecordingWriter } from "../recording/recording-writer.ts";
import type { RunDocument } from "../recording/run-document.ts";
import { summarise } from "./summarise.ts";
import type { GuaranteeResult, Summary } from "./summary-document.ts";

const held: GuaranteeResult = {
  lane: "sessions",
  id: "nothing-acknowledged-is-lost",
  promise: "Kept.",
  outcome: "held",
  checked: 2000,
  violations: 0,
  upperBound95: 0.0015,
};

interface Case {
  readonly run?: Partial<RunDocument>;
  readonly write?: (writer: RecordingWriter) => void;
  readonly guarantee?: GuaranteeResult;
  readonly guarantees?: readonly GuaranteeResult[];
}

function quietRun(writer: RecordingWriter): void {
  for (let second = 0; second <= 20; second += 1) {
    if (second < 20) writeQuietSecond(writer, second);
    else writer.sample(20, "node.etcd/1.walBytes", 200_000);
  }
}

async function summaryOf(input: Case): Promise<Summary> {
  const { run, write = quietRun, guarantee = held, guarantees = [guarantee] } = input;
  await using fixture = await recordFixture({ ...sampleRun, ...run }, write);
  return summarise(await openRecording(fixture.folder.path), async () => guarantees);
}

const budgets = ["sessions.dig.p99 < 20ms @steady"];

test("what became of recorded traffic in the plan is in the notes of every report", async () => {
  const planNotes = [
    "plan day.csv: its peak is 9.9 times its mean, and 8.7 times as played in 60 s",
  ];
  expect((await summaryOf({ run: { planNotes } })).notes).toEqual(planNotes);
});

describe("the verdict", () => {
  test("is pass when budgets and guarantees hold under a valid generator", async () => {
    const summary = await summaryOf({ run: { budgets } });
    expect(summary.verdict).toMatchObject({ outcome: "pass", exitCode: 0 });
    expect(summary.budgets[0]).toMatchObject({ outcome: "held", observed: 4.001, samples: 1500 });
    expect(summary.budgets[0]?.margin).toBeCloseTo(0.8);
  });

  test("is breach with exit code 99 when a budget is not met", async () => {
    const summary = await summaryOf({ run: { budgets: ["sessions.dig.p99 < 2ms @steady"] } });
    expect(summary.verdict).toMatchObject({ outcome: "breach", exitCode: 99 });
    expect(summary.verdict.reasons[0]).toContain("observed 4.001 ms, limit 2 ms, 1500 samples");
    expect(summary.budgets[0]?.margin).toBeCloseTo(-1, 2);
  });

  test("is inconclusive when a budget is not met in a run that was cut short", async () => {
    const summary = await summaryOf({
      run: {
        state: { kind: "partial", reason: "disk-full", detail: "No space." },
        budgets: ["sessions.dig.p99 < 2ms @steady"],
      },
    });
    expect(summary.verdict).toMatchObject({ outcome: "inconclusive", exitCode: 4 });
    expect(summary.budgets[0]?.reason).toContain("the run was cut short");
  });

  test("is broken with exit code 5 when a guarantee is, whatever else applies", async () => {
    const summary = await summaryOf({
      run: {
        budgets: ["sessions.dig.p99 < 2ms"],
        state: { kind: "partial", reason: "node-lost", detail: "etcd/1 ended." },
      },
      guarantee: { ...held, outcome: "broken", violations: 3, example: "Player 4 lost one." },
    });
    expect(summary.verdict).toMatchObject({ outcome: "broken", exitCode: 5 });
    expect(summary.verdict.reasons).toHaveLength(3);
    expect(summary.verdict.reasons[0]).toContain("3 violations in 2000 operations");
  });

  test("passes when a second opinion could not tell, and is broken when that is", async () => {
    const opinion = { ...held, id: "sampled", secondOpinion: true, note: "not decided in time" };
    const guarantees = (outcome: "unknown" | "broken") => [
      held,
      { ...opinion, outcome, violations: outcome === "broken" ? 1 : 0 },
    ];
    const silent = await summaryOf({ guarantees: guarantees("unknown") });
    expect(silent.verdict).toMatchObject({ outcome: "pass", exitCode: 0 });
    expect(silent.verdict.reasons[0]).toContain("The guarantee held");
    expect(silent.guarantees[1]).toMatchObject({ outcome: "unknown", note: "not decided in time" });
    const broken = await summaryOf({ guarantees: guarantees("broken") });
    expect(broken.verdict).toMatchObject({ outcome: "broken", exitCode: 5 });
  });

  test("is breach, not inconclusive, when both apply", async () => {
    const summary = await summaryOf({
      run: { budgets: ["sessions.dig.p99 < 2ms"] },
      guarantee: { ...held, outcome: "unknown" },
    });
    expect(summary.verdict).toMatchObject({ outcome: "breach", exitCode: 99 });
  });

  test.each<[string, Case, string]>([
    ["a guarantee is unknown", { guarantee: { ...held, outcome: "unknown" } }, "not be checked"],
    [
      "the disk filled up",
      { run: { state: { kind: "partial", reason: "disk-full", detail: "No space" } } },
      "partial (disk-full): No space.",
    ],
    ["hunt was killed", { run: { state: { kind: "running" } } }, "hunt ended before"],
    [
      "a node was lost",
      {
        write: (writer) => {
          quietRun(writer);
          writer.event({ t: 9.25, kind: "node", node: "etcd/1", state: "lost", detail: "panic" });
        },
      },
      "Node etcd/1 was lost at 9.3 s (node-lost). panic.",
    ],
  ])("is inconclusive with exit code 4 when %s", async (_, input, reason) => {
    const summary = await summaryOf(input);
    expect(summary.verdict).toMatchObject({ outcome: "inconclusive", exitCode: 4 });
    expect(summary.verdict.reasons.join("\n")).toContain(reason);
  });
});

describe("a budget", () => {
  test("is breached when nothing was measured in its window", async () => {
    const summary = await summaryOf({
      run: { budgets },
      write: (writer) => writer.counts(6, "sessions.dig", counts(100)),
    });
    expect(summary.budgets[0]?.reason).toBe("it was not met, but the generator was not valid");
    const node = await summaryOf({ run: { budgets: ["node.gateway/1.cpu < 80%"] } });
    expect(node.budgets[0]).toMatchObject({ outcome: "breached", observed: null, samples: 0 });
    expect(node.verdict.exitCode).toBe(99);
  });

  test("is inconclusive with fewer than ten samples beyond its percentile", async () => {
    const summary = await summaryOf({
      run: { budgets: ["sessions.dig.p99 < 20ms", "sessions.dig.p999 < 20ms"] },
    });
    expect(summary.budgets.map((budget) => budget.outcome)).toEqual(["held", "inconclusive"]);
    expect(summary.verdict.exitCode).toBe(4);
  });

  test("takes exactly ten samples beyond its percentile", async () => {
    const summary = await summaryOf({
      run: { ...phasedRun(phasesWithOne), budgets: ["sessions.read.p90 < 20ms @one"] },
    });
    expect(summary.budgets[0]).toMatchObject({ samples: 100, outcome: "held" });
  });

  test("is held against every kind of subject in its own unit", async () => {
    const summary = await summaryOf({
      run: {
        budgets: [
          "sessions.dig.rate > 99/s",
          "sessions.dig.errorRate < 0.1%",
          "sessions.raftCommitMs.p99 < 12ms",
          "sessions.walBytesPerAction < 101B",
          "node.etcd/1.cpu < 26%",
          "node.etcd/1.rss < 51MB",
        ],
      },
    });
    const observed = summary.budgets.map((budget) => budget.observed);
    expect(observed.slice(0, 2)).toEqual([100, 0]);
    expect(observed[2]).toBeCloseTo(3, 1);
    expect(observed[3]).toBeCloseTo(100);
    expect(observed[4]).toBeCloseTo(23.3, 1);
    expect(observed[5]).toBe(50e6 + 19);
    expect(summary.verdict.outcome).toBe("pass");
  });
});

const phasesWithOne = [
  { name: "warmup", startS: 0, endS: 5 },
  { name: "one", startS: 5, endS: 9 },
  { name: "steady", startS: 9, endS: 20 },
];

describe("lane figures", () => {
  test("leave out the warm-up", async () => {
    const summary = await summaryOf({
      write: (writer) => {
        for (let second = 0; second < 20; second += 1) {
          writeQuietSecond(writer, second, second < 5 ? 900_000 : 4000);
        }
      },
    });
    const dig = summary.lanes["sessions"]?.actions["dig"];
    expect(dig).toMatchObject({ intended: 1500, ok: 1500, ratePerS: 100, errorRate: 0 });
    expect(dig?.responseMs.max).toBeLessThan(5);
    expect(summary.measured).toEqual([{ startS: 5, endS: 20 }]);
  });

  test("count failures against the actions that ended", async () => {
    const summary = await summaryOf({
      write: (writer) => writer.counts(6, "sessions.dig", counts(100, { fail: 1, unknown: 4 })),
    });
    expect(summary.lanes["sessions"]?.actions["dig"]?.errorRate).toBeCloseTo(0.05);
  });

  test("count a counter that starts again after a restart from zero", async () => {
    const summary = await summaryOf({
      write: (writer) => {
        writer.counts(6, "sessions.dig", counts(100));
        for (const [t, value] of [
          [4, 5000],
          [8, 9000],
          [9, 1000],
          [12, 3000],
        ] as const) {
          writer.sample(t, "node.etcd/1.walBytes", value);
        }
      },
    });
    expect(summary.lanes["sessions"]?.figures["walBytesPerAction"]).toBe(70);
  });
});

test("resources do not take a final account that rounds differently for a restart", async () => {
  const summary = await summaryOf({
    write: (writer) => {
      for (const [t, value] of [
        [1, 1.5],
        [2, 2.51],
        [2.2, 2.509],
      ] as const) {
        writer.sample(t, "node.gateway/1.cpuSeconds", value);
      }
    },
  });
  expect(summary.resources["gateway/1"]?.cpuSeconds).toBeCloseTo(2.51);
});

describe("the generator", () => {
  const p99 = (lagUs: number) => (writer: RecordingWriter) => {
    quietRun(writer);
    writer.histogram("sessions.dig.scheduleLag", 10, hdr(lagUs, 100));
  };

  test.each<[string, Case, string]>([
    [
      "dropped more than 0.1 % of the actions",
      {
        write: (writer) => {
          quietRun(writer);
          writer.counts(7, "sessions.dig", { ...counts(0), dropped: 3 });
        },
      },
      "it dropped 3 of 1500 sessions.dig (0.20 %, allowed 0.1 %)",
    ],
    ["lagged behind its schedule", { write: p99(8000) }, "schedule lag p99 was 8.0 ms"],
    [
      "had a full frame queue",
      {
        write: (writer) => {
          quietRun(writer);
          writer.sample(8, "generator.queue", 0.9);
        },
      },
      "90 % full",
    ],
    [
      "sent under 99 % in some five seconds",
      {
        write: (writer) => {
          quietRun(writer);
          writer.counts(7, "sessions.read", { ...counts(0), dropped: 2 });
        },
      },
      "it sent 123 of 125 sessions.read from 5 s to 10 s",
    ],
    [
      "drew far fewer actions than planned",
      {
        write: (writer) => {
          for (let second = 5; second < 20; second += 1) {
            if (second < 8 || second > 10) writeQuietSecond(writer, second);
          }
        },
      },
      "the plan says 500",
    ],
  ])("is not valid when it %s", async (_, input, problem) => {
    const summary = await summaryOf(input);
    expect(summary.generator.valid).toBe(false);
    expect(summary.generator.problems.join("\n")).toContain(problem);
    expect(summary.verdict).toMatchObject({ outcome: "inconclusive", exitCode: 4 });
    expect(summary.verdict.spoiledBy).toEqual(["generator"]);
  });

  test.each<[string, Case]>([
    ["a guarantee is unknown", { guarantee: { ...held, outcome: "unknown" } }],
    ["a guarantee is broken", { guarantee: { ...held, outcome: "broken", violations: 1 } }],
    ["a percentile has too few samples", { run: { budgets: ["sessions.dig.p999 < 20ms"] } }],
    ["a budget on a node is breached", { run: { budgets: ["node.etcd/1.cpu < 1%"] } }],
    [
      "the run was cut short",
      { run: { state: { kind: "partial", reason: "disk-full", detail: "No space" } } },
    ],
  ])("did not spoil the run alone when %s", async (_, input) => {
    const summary = await summaryOf({ ...input, write: p99(8000) });
    expect(summary.generator.valid).toBe(false);
    expect(summary.verdict).not.toHaveProperty("spoiledBy");
  });

  test("that was late and is told in the notes of the run played in its place", async () => {
    const retryOf = { runId: "20260101-000000-smoke-0000", reason: "The generator was not valid." };
    const summary = await summaryOf({ run: { retryOf } });
    expect(summary.notes).toEqual([
      `Played in place of ${retryOf.runId}, which the machine spoiled: ${retryOf.reason}`,
    ]);
  });

  test("may lag by a tenth of the tightest p99 budget", async () => {
    const summary = await summaryOf({
      run: { budgets: ["sessions.dig.p99 < 100ms", "sessions.read.p99 < 200ms"] },
      write: p99(8000),
    });
    expect(summary.generator.valid).toBe(true);
  });

  test("is not blamed for what the backend makes wait", async () => {
    const summary = await summaryOf({
      run: { budgets: ["sessions.dig.p99 < 20ms"] },
      write: (writer) => {
        quietRun(writer);
        writer.histogram("sessions.dig.blocked", 8, hdr(2_000_000, 200));
        writer.histogram("sessions.dig.response", 8, hdr(2_000_000, 200));
      },
    });
    expect(summary.generator.valid).toBe(true);
    expect(summary.verdict).toMatchObject({ outcome: "breach", exitCode: 99 });
  });

  test("turns a breach into inconclusive when it is not valid, for it measured itself", async () => {
    const summary = await summaryOf({
      run: { budgets: ["sessions.dig.p99 < 2ms", "node.etcd/1.cpu < 1%"] },
      write: p99(50_000),
    });
    expect(summary.budgets.map((budget) => budget.outcome)).toEqual(["inconclusive", "breached"]);
  });
});
