/** One operation in a million: as many as an hour of a run has, so it takes seconds. */
import { expect, test } from "vitest";
import { AuditBuilder } from "../../../../test/fixtures/audit-builder.ts";
import { checkRecording } from "../../../../test/fixtures/check-recording.ts";
import { LedgerBuilder, sumOf } from "../../../../test/fixtures/ledger-builder.ts";
import {
  recordFixture,
  sampleRun,
  watchedRun,
} from "../../../../test/fixtures/synthetic-recording.ts";
import { optional } from "../../../optional.ts";
import { openRecording } from "../../../recording/recording-reader.ts";
import { encodeObserved, type ObservedRecord } from "../files/observed-file.ts";

const lost = "nothing-acknowledged-is-lost";
const twice = "nothing-is-applied-twice";
const unasked = "nothing-else-appears";
const once = "log-holds-each-operation-once";

interface Files {
  readonly ledger: Buffer;
  readonly observed: readonly ObservedRecord[];
  readonly audit?: Buffer;
}

async function check({ ledger, observed, audit }: Files) {
  const run = audit === undefined ? sampleRun : watchedRun({ auditor: true });
  await using fixture = await recordFixture(run, () => {}, {
    ledger,
    observed: encodeObserved(observed),
    ...optional({ audit }),
  });
  const results = await checkRecording(await openRecording(fixture.folder.path));
  return Object.fromEntries(results.map((result) => [result.id, result]));
}

/** The state of a player that holds exactly these operations. */
function holds(player: number, sequences: readonly number[]): ObservedRecord {
  const operations = sequences.map((sequence) => ({ player, sequence, device: 1 }));
  return {
    ...{ player, device: 1, found: 1, revision: sequences.length },
    ...{ highest: Math.max(0, ...sequences), count: sequences.length },
    checksum: sumOf(operations),
  };
}

function to(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

test("one acknowledged operation lost in a million is found and named", async () => {
  const builder = new LedgerBuilder();
  const observed: ObservedRecord[] = [];
  for (let player = 0; player < 1000; player += 1) {
    builder.digs(player, 1, 1000);
    const kept = player === 617 ? to(1000).filter((sequence) => sequence !== 423) : to(1000);
    observed.push(holds(player, kept));
  }
  const results = await check({ ledger: builder.closed(), observed });
  expect([lost, twice, unasked].map((id) => results[id]?.outcome)).toEqual([
    "broken",
    "held",
    "held",
  ]);
  expect(results[lost]).toMatchObject({ violations: 1, checked: 1_000_000 });
  expect(results[lost]?.example).toContain("Player 617 (session s-000000617, device 1)");
  expect(results[lost]?.example).toContain("operation 423 ");
  expect(results[lost]?.example).toMatch(
    /Operation 423, dig_started, was sent at [\d.]+ s; answer acknowledged at [\d.]+ s with revision 0, with no fault on\. Before it: operation 422, acknowledged at .*\. After it: operation 424, acknowledged/,
  );
});

test("one acknowledged operation of a million that the log never held is found and named", async () => {
  const ledger = new LedgerBuilder();
  const audit = new AuditBuilder();
  for (let player = 0; player < 1000; player += 1) {
    ledger.digs(player, 1, 1000);
    if (player === 617) audit.digs(player, 1, 422).digs(player, 424, 1000);
    else audit.digs(player, 1, 1000);
  }
  const results = await check({ ledger: ledger.closed(), observed: [], audit: audit.closed() });
  expect(results[once]).toMatchObject({ outcome: "broken", violations: 1, checked: 999_999 });
  expect(results[once]?.example).toMatch(
    /^Player 617 \(session s-000000617, device 1\): operation 423 was acknowledged, but the log never held it\. It was sent at [\d.]+ s and acknowledged at [\d.]+ s, with no fault on\.$/,
  );
});
