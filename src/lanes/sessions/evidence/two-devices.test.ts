/** Sessions that were played from two devices at once, through all checkers. */
import { describe, expect, test } from "vitest";
import { AuditBuilder } from "../../../../test/fixtures/audit-builder.ts";
import { checkRecording } from "../../../../test/fixtures/check-recording.ts";
import {
  digestOf,
  LedgerBuilder,
  type Operation,
  sumOf,
} from "../../../../test/fixtures/ledger-builder.ts";
import { recordFixture, watchedRun } from "../../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../../recording/recording-reader.ts";
import { encodeObserved, type ObservedRecord } from "../files/observed-file.ts";

const lost = "nothing-acknowledged-is-lost";
const unasked = "nothing-else-appears";
const once = "log-holds-each-operation-once";
const realTime = "log-order-is-real-time-order";
const replay = "state-is-the-replay-of-the-log";

const of = (device: number, sequence: number): Operation => ({ player: 1, device, sequence });

/** What the state says of one device: these operations, in a session of `revision`. */
function device(number: number, operations: readonly Operation[], revision = 7): ObservedRecord {
  const { length: count } = operations;
  const highest = Math.max(0, ...operations.map(({ sequence }) => sequence));
  const checksum = sumOf(operations);
  return { player: 1, device: number, found: 1, revision, highest, count, checksum };
}

/** Opened by the first device; then both act, three times at once. */
function duet(): LedgerBuilder {
  const ledger = new LedgerBuilder().did(of(1, 1));
  for (const round of [1, 2, 3]) {
    ledger
      .attempt(of(1, round + 1))
      .attempt(of(2, round))
      .outcome(of(2, round), "ok")
      .outcome(of(1, round + 1), "ok");
  }
  return ledger;
}

const ofFirst = [1, 2, 3, 4].map((sequence) => of(1, sequence));
const ofSecond = [1, 2, 3].map((sequence) => of(2, sequence));
/** Where both were under way either order is right. */
const logged = [of(1, 1), of(1, 2), of(2, 1), of(2, 2), of(1, 3), of(1, 4), of(2, 3)];

interface Changes {
  readonly ledger?: LedgerBuilder;
  readonly log?: readonly Operation[];
  readonly state?: readonly ObservedRecord[];
}

async function check({ ledger = duet(), log = logged, state = right() }: Changes = {}) {
  const audit = log.reduce((builder, operation) => builder.record([operation]), new AuditBuilder());
  await using fixture = await recordFixture(watchedRun({ auditor: true }), () => {}, {
    ledger: ledger.closed(),
    audit: audit.closed(),
    observed: encodeObserved(state),
  });
  const results = await checkRecording(await openRecording(fixture.folder.path));
  const broken = results.flatMap(({ id, outcome }) => (outcome === "broken" ? [id] : []));
  return { broken, results: Object.fromEntries(results.map((result) => [result.id, result])) };
}

function right(): ObservedRecord[] {
  return [device(1, ofFirst), device(2, ofSecond)];
}

describe("a session of two devices", () => {
  test("holds every guarantee, with the operations of both", async () => {
    const { broken, results } = await check();
    expect(broken).toEqual([]);
    expect(results[lost]).toMatchObject({ outcome: "held", checked: 7 });
    expect(results[realTime]).toMatchObject({ outcome: "held", checked: 7 });
    expect(results[replay]).toMatchObject({ outcome: "held", checked: 1, of: "sessions" });
  });

  test("may have unknown operations of either, applied or not", async () => {
    const ledger = duet().did(of(1, 5), "unknown").did(of(2, 4), "unknown");
    const { broken } = await check({
      ledger,
      log: [...logged, of(2, 4)],
      state: [device(1, ofFirst), device(2, [...ofSecond, of(2, 4)])],
    });
    expect(broken).toEqual([]);
  });

  test("is unknown when its state was not read for one of them", async () => {
    const { broken, results } = await check({ state: [device(1, ofFirst)] });
    expect(broken).toEqual([]);
    expect(results[lost]).toMatchObject({ outcome: "unknown" });
  });
});

describe("histories of two devices that must be rejected", () => {
  test("a loss on the second one", async () => {
    const { broken, results } = await check({
      state: [device(1, ofFirst), device(2, [of(2, 1), of(2, 3)])],
    });
    expect(broken).toEqual([lost, replay]);
    expect(results[lost]?.example).toMatch(
      /Player 1 \(session s-000000001, device 2\).*operation 2 /,
    );
  });

  test("a loss on the second one in the log and in the state", async () => {
    const { broken, results } = await check({
      log: logged.filter((each) => each.device !== 2 || each.sequence !== 2),
      state: [device(1, ofFirst), device(2, [of(2, 1), of(2, 3)])],
    });
    expect(broken).toEqual([lost, once]);
    expect(results[once]?.example).toMatch(/device 2\): operation 2 was acknowledged, but the log/);
  });

  test("an operation of one that was applied for the other one as well", async () => {
    const { broken, results } = await check({
      state: [device(1, ofFirst), device(2, [...ofSecond, of(1, 4)])],
    });
    expect(broken).toEqual([unasked, replay]);
    expect(results[unasked]?.example).toContain("device 2): the state holds 4 operations");
  });

  test("an operation of one that was applied for the other one instead: the session's sums are right", async () => {
    const { broken } = await check({
      state: [device(1, ofFirst.slice(0, 3)), device(2, [...ofSecond, of(1, 4)])],
    });
    expect(broken).toEqual([lost, unasked, replay]);
  });

  test("an operation that the log has for the other one as well", async () => {
    const copy = { ...of(2, 4), digest: digestOf(of(1, 4)) };
    const log = logged.toSpliced(-1, 0, copy);
    const { broken, results } = await check({ log });
    expect(broken).toEqual([once, replay]);
    expect(results[once]?.example).toMatch(/device 2\): operation 4 stands .* nobody sent it/);
  });

  test("an operation of one in the log behind a later one of the other", async () => {
    const log = [of(1, 1), of(1, 2), of(2, 2), of(2, 1), of(1, 3), of(1, 4), of(2, 3)];
    const { broken, results } = await check({ log });
    expect(broken).toEqual([realTime]);
    const across = [of(1, 1), of(2, 1), of(2, 2), of(1, 2), of(1, 3), of(1, 4), of(2, 3)];
    const other = await check({ log: across });
    expect(other.broken).toEqual([realTime]);
    expect(results[realTime]?.example).toMatch(/device 2\): operation 1 .*device 2\): operation 2/);
    expect(other.results[realTime]?.example).toMatch(
      /device 1\): operation 2 stands in .*, behind player 1 \(.*device 2\): operation 2, which was sent at/,
    );
  });

  test("a second device of which the ledger knows nothing", async () => {
    const ledger = new LedgerBuilder();
    for (const operation of ofFirst) ledger.did(operation);
    const { broken } = await check({ ledger, log: ofFirst });
    expect(broken).toEqual([unasked, replay]);
  });
});
