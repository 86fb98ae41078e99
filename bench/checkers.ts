/**
 * How many operations per second the streaming checkers take, all together, from the files of a run:
 * 1,000,000 operations of 28,000 players, and a read after each of the audited ones, as a run writes them (`npm run bench:checkers`). The target is for one core.
 */

import { encodeObserved } from "../src/lanes/sessions/files/observed-file.ts";
import { isAudited } from "../src/load/plan/devices.ts";
import { defaultShares } from "../src/load/plan/load-plan.ts";
import { openRecording } from "../src/recording/recording-reader.ts";
import { AuditBuilder } from "../test/fixtures/audit-builder.ts";
import { checkRecording } from "../test/fixtures/check-recording.ts";
import { LedgerBuilder, type Operation, sumOf } from "../test/fixtures/ledger-builder.ts";
import { recordFixture, watchedRun } from "../test/fixtures/synthetic-recording.ts";
import { atLeast, printReadings } from "./readings.ts";

const operations = 1_000_000;
const players = 28_000;
/** In one record of the log, and under way at a time. */
const perRecord = 40;
const rounds = 5;

const ledger = new LedgerBuilder();
const audit = new AuditBuilder();
const done: Operation[][] = Array.from({ length: players }, () => []);
for (let at = 0; at < operations; at += perRecord) {
  const batch = Array.from({ length: perRecord }, (_, offset) => {
    const player = (at + offset) % players;
    const sequence = Math.floor((at + offset) / players) + 1;
    return { player, sequence };
  });
  for (const operation of batch) {
    ledger.attempt(operation);
    done[operation.player]?.push(operation);
  }
  for (const operation of batch) ledger.outcome(operation, "ok", operation.sequence);
  for (const { player, sequence } of batch) {
    if (!isAudited(defaultShares, player)) continue;
    ledger.readSent({ player, number: sequence }).readDone({ player, number: sequence }, sequence);
  }
  audit.record(batch, { partition: (at / perRecord) % 2, index: Math.floor(at / perRecord / 2) });
}
const observed = encodeObserved(
  done.map((ofPlayer, player) => ({
    ...{ player, device: 1, found: 1, revision: ofPlayer.length, highest: ofPlayer.length },
    ...{ count: ofPlayer.length, checksum: sumOf(ofPlayer) },
  })),
);
await using fixture = await recordFixture(
  { ...watchedRun({ auditor: true }), scenario: { plan: defaultShares } },
  () => {},
  {
    ...{ ledger: ledger.closed(), audit: audit.closed(), observed },
  },
);
const reader = await openRecording(fixture.folder.path);

const seconds: number[] = [];
let held = 0;
for (let round = 0; round < rounds; round += 1) {
  const before = process.cpuUsage();
  const results = await checkRecording(reader);
  const { user, system } = process.cpuUsage(before);
  seconds.push((user + system) / 1e6);
  held = results.filter(({ outcome }) => outcome === "held").length;
}
seconds.sort((left, right) => left - right);
const median = seconds[Math.floor(rounds / 2)] ?? Number.NaN;
const rate = operations / median;
printReadings([
  atLeast("guarantees held", held, 8),
  atLeast(`operations per second of CPU, all streaming checkers (median of ${rounds})`, rate, 1e6),
]);
