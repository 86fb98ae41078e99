import { expect, test } from "vitest";
import { checkRecording, resultOf } from "../../../../../test/fixtures/check-recording.ts";
import { LedgerBuilder } from "../../../../../test/fixtures/ledger-builder.ts";
import { recordFixture, sampleRun } from "../../../../../test/fixtures/synthetic-recording.ts";
import { binaryPath } from "../../../../engines/programs/binaries.ts";
import { openRecording } from "../../../../recording/recording-reader.ts";
import { encodeObserved } from "../../files/observed-file.ts";
import { guarantees } from "../guarantees.ts";

const linearize = binaryPath("linearize");

/** One session, in which `attempts` are open to the end, and of which `count` operations were read. */
async function check(ledger: LedgerBuilder, count: number, program = linearize) {
  const state = { player: 1, device: 1, found: 1, revision: count, highest: count, count };
  await using fixture = await recordFixture(sampleRun, () => {}, {
    ledger: ledger.closed(),
    observed: encodeObserved([{ ...state, checksum: 0 }]),
  });
  const reader = await openRecording(fixture.folder.path);
  const results = await checkRecording(reader, { secondChecker: program });
  return resultOf(results, guarantees.linearizable);
}

function unanswered(count: number): LedgerBuilder {
  const ledger = new LedgerBuilder();
  for (let sequence = 1; sequence <= count; sequence += 1) ledger.attempt({ player: 1, sequence });
  return ledger;
}

test("unanswered operations may have been applied or not, but not twice", async () => {
  for (const count of [0, 2, 3]) {
    const held = await check(unanswered(3), count);
    expect(held).toMatchObject({ outcome: "held", checked: 3, secondOpinion: true });
    expect(held.note).toMatch(
      /^a sample of 1 of 1 sessions, seed 7: .*, 1 of the 1 others that overlapped a fault/,
    );
  }
  const broken = await check(unanswered(3), 4);
  expect(broken).toMatchObject({ outcome: "broken", violations: 1 });
  expect(broken.example).toContain("Session s-000000001: no order of its 0 acknowledged");
});

test("a session that can't be decided in time is unknown", async () => {
  const result = await check(unanswered(60), 61);
  expect(result).toMatchObject({ outcome: "unknown", checked: 0 });
  expect(result.note).toMatch(/could not be decided in time|needed more than/);
});

test("a checker that dies is unknown", async () => {
  const result = await check(unanswered(3), 3, process.execPath);
  expect(result).toMatchObject({ outcome: "unknown", checked: 0 });
  expect(result.note).toContain("linearize ended without a result");
});

test("a program that is not there decides nothing, and is named with what gets it", async () => {
  const unknown = await check(unanswered(1), 1, "no-folder/linearize");
  expect(unknown).toMatchObject({ outcome: "unknown", secondOpinion: true });
  expect(unknown.note).toContain("hunt verify and hunt engines fetch get it");
});
