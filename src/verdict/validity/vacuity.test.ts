import { expect, test } from "vitest";
import {
  counts,
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RecordingWriter } from "../../recording/recording-writer.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { summarise } from "../summarise.ts";

/** Everything is promised and everything held: only the recording can say that it means nothing. */
async function verdictOf(run: RunDocument, write: (writer: RecordingWriter) => void) {
  await using fixture = await recordFixture(run, write);
  const held = {
    lane: "sessions",
    id: "nothing-acknowledged-is-lost",
    promise: "",
    outcome: "held" as const,
    checked: 2000,
    violations: 0,
    upperBound95: null,
  };
  const reader = await openRecording(fixture.folder.path);
  return (await summarise(reader, async () => [held], { guaranteesOnly: true })).verdict;
}

function quietSeconds(writer: RecordingWriter, from: number, to: number): void {
  for (let second = from; second < to; second += 1) writeQuietSecond(writer, second);
}

const faulty: RunDocument = {
  ...sampleRun,
  faults: [{ id: "kill-1", kind: "kill", target: "etcd/1", lanes: ["sessions"], atS: 8, forS: 2 }],
};

function fault(writer: RecordingWriter, injectedS: number, healedS: number): void {
  const event = (t: number, state: "armed" | "injected" | "evidence" | "healed" | "recovered") =>
    writer.event({ t, kind: "fault", fault: "kill-1", state, resolvedTo: ["etcd/1"], detail: "x" });
  event(injectedS, "armed");
  event(injectedS, "injected");
  event(injectedS, "evidence");
  event(healedS, "healed");
  event(healedS, "recovered");
}

test("a run with operations throughout, and during its fault, passes", async () => {
  const verdict = await verdictOf(faulty, (writer) => {
    quietSeconds(writer, 0, 20);
    fault(writer, 8.2, 10.1);
  });
  expect(verdict.reasons).toEqual(["The guarantee held (2000 operations checked)."]);
  expect(verdict.exitCode).toBe(0);
});

test("a run with hardly any operation is inconclusive", async () => {
  const verdict = await verdictOf(sampleRun, (writer) => {
    writer.counts(7, "sessions.dig", counts(99));
  });
  expect(verdict.exitCode).toBe(4);
  expect(verdict.reasons).toMatchObject([/^Only 99 operations were acknowledged/].map(matching));
});

test("a fault while nobody sent anything is inconclusive", async () => {
  const verdict = await verdictOf(faulty, (writer) => {
    quietSeconds(writer, 0, 8);
    quietSeconds(writer, 12, 20);
    fault(writer, 8.2, 10.1);
  });
  expect(verdict.exitCode).toBe(4);
  expect(verdict.reasons).toMatchObject(
    [/^Fault kill-1 \(kill etcd\/1\): no action was sent while it was on/].map(matching),
  );
});

test("a run whose actions have no recorded end was not drained, and is inconclusive", async () => {
  const verdict = await verdictOf(sampleRun, (writer) => {
    quietSeconds(writer, 0, 20);
    writer.counts(19, "sessions.dig", { ...counts(5), ok: 2 });
  });
  expect(verdict.exitCode).toBe(4);
  expect(verdict.reasons).toMatchObject([/^Of 3 sessions\.dig actions no end/].map(matching));
});

test("a run that was cut short has that as its reason, and no more", async () => {
  const partial: RunDocument = {
    ...sampleRun,
    state: { kind: "partial", reason: "interrupted", detail: "hunt was stopped by SIGINT" },
  };
  const verdict = await verdictOf(partial, (writer) => {
    writer.counts(7, "sessions.dig", counts(9));
  });
  expect(verdict.reasons).toMatchObject([/^The recording is partial/].map(matching));
});

function matching(words: RegExp): unknown {
  return expect.stringMatching(words);
}
