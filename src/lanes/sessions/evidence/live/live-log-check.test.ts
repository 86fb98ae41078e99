import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AuditBuilder } from "../../../../../test/fixtures/audit-builder.ts";
import { checkRecording } from "../../../../../test/fixtures/check-recording.ts";
import { LedgerBuilder } from "../../../../../test/fixtures/ledger-builder.ts";
import { recordFixture, watchedRun } from "../../../../../test/fixtures/synthetic-recording.ts";
import { temporaryFolder } from "../../../../../test/fixtures/temporary-folder.ts";
import { openRecording } from "../../../../recording/recording-reader.ts";
import { LiveLogCheck } from "./live-log-check.ts";

/** The two files of a run, written bit by bit, and the check that follows them. */
class GrowingRun {
  readonly ledger = new LedgerBuilder();
  readonly audit = new AuditBuilder();
  readonly check: LiveLogCheck;
  nowMs = 0;
  readonly #files: { readonly ledger: string; readonly audit: string };
  readonly #written = { ledger: 0, audit: 0 };

  constructor() {
    const folder = temporaryFolder();
    this.#files = { ledger: join(folder, "ledger.bin"), audit: join(folder, "audit.bin") };
    const fault = { fault: "kill-1", nodes: ["gateway/1"], startS: 4, endS: 5 };
    this.check = new LiveLogCheck(this.#files, () => [fault]);
    onTestFinished(() => this.check.close());
  }

  /** Writes what was built since the last time, but for the last `held` bytes of each, and reads on. */
  async step(held = { ledger: 0, audit: 0 }) {
    this.#append("ledger", this.ledger.partial(), held.ledger);
    this.#append("audit", this.audit.partial(), held.audit);
    expect(await this.check.step(this.nowMs)).toBe(true);
    return this.counts();
  }

  counts() {
    const { figures, doubt } = this.check.counts(this.nowMs);
    return { ...figures, doubt };
  }

  async end() {
    this.ledger.closed();
    this.audit.closed();
    const counts = await this.step();
    expect(this.check.isOver).toBe(true);
    return counts;
  }

  #append(name: "ledger" | "audit", built: Buffer, held: number): void {
    const from = this.#written[name];
    const to = Math.max(from, built.length - held);
    appendFileSync(this.#files[name], built.subarray(from, to));
    this.#written[name] = to;
  }
}

const calm = { lost: 0, twice: 0, refused: 0, unsent: 0, order: 0, records: 0 };

test("before anything is written nothing is acknowledged and nothing is broken", async () => {
  const check = new LiveLogCheck({ ledger: "/nowhere/l", audit: "/nowhere/a" }, () => []);
  expect(await check.step(0)).toBe(true);
  expect(check.counts(0).figures).toMatchObject({
    acknowledged: 0,
    delivered: 0,
    behindS: 0,
    ...calm,
  });
  expect(check.isOver).toBe(false);
});

describe("an acknowledged operation that the log does not show", () => {
  test("is lost once the log holds an operation that was sent 2 s after its acknowledgement", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 3);
    run.audit.digs(1, 1, 2);
    expect(await run.step()).toMatchObject({ acknowledged: 3, delivered: 2, ...calm });
    run.ledger.wait(1.9).did({ player: 2, sequence: 1 });
    run.audit.digs(2, 1, 1);
    expect(await run.step()).toMatchObject(calm);
    expect(run.check.news()).toEqual([]);
    run.ledger.wait(0.2).did({ player: 2, sequence: 2 });
    run.audit.digs(2, 2, 2);
    expect(await run.step()).toMatchObject({ ...calm, lost: 1, behindS: 0 });
    const [news, ...others] = run.check.news();
    expect(others).toEqual([]);
    expect(news?.what).toBe("lost");
    expect(news?.story).toMatch(
      /^Player 1 .*: operation 3 was acknowledged, but is not in the log, which holds operations that were sent 2 s after that\. It was sent at 0\.001 s and acknowledged at 0\.001 s, with no fault on\.$/,
    );
    expect(await run.end()).toMatchObject({ ...calm, lost: 1 });
    expect(run.check.news()).toEqual([]);
  });

  test("is told with the fault that came just after its acknowledgement", async () => {
    const run = new GrowingRun();
    run.ledger.wait(3).digs(1, 1, 1).wait(2.5).did({ player: 2, sequence: 1 });
    run.audit.digs(2, 1, 1);
    expect(await run.step()).toMatchObject({ ...calm, lost: 1 });
    expect(run.check.news()[0]?.story).toMatch(
      /acknowledged at 3\.000 s, just before kill-1 on gateway\/1 \(4\.0 s\)\.$/,
    );
  });

  test("is not lost while the auditor is behind, and after 3 s it is not known", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 3).wait(2.5).did({ player: 2, sequence: 1 });
    run.audit.digs(1, 1, 2);
    expect(await run.step()).toMatchObject({ ...calm, acknowledged: 4, delivered: 2 });
    run.ledger.wait(1).did({ player: 2, sequence: 2 });
    const late = await run.step();
    expect(late).toMatchObject({ lost: null, twice: null, order: null });
    expect(late.doubt).toBe("the log does not show what was acknowledged 3 s ago");
    expect(late.upToS).toBeCloseTo(0.0006, 3);
    run.audit.digs(1, 3, 3).digs(2, 1, 2);
    expect(await run.step()).toMatchObject({ ...calm, delivered: 5, behindS: 0 });
    expect(run.check.news()).toEqual([]);
  });

  test("is not known, however quiet it gets, when the auditor is dead", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 3);
    expect(await run.step()).toMatchObject({ lost: 0, delivered: 0 });
    run.nowMs = 2_900;
    expect(await run.step()).toMatchObject({ lost: 0 });
    run.nowMs = 3_100;
    expect(await run.step()).toMatchObject({ lost: null, behindS: 3.1 });
    run.nowMs = 60_000;
    expect(await run.step()).toMatchObject({ lost: null, twice: null, unsent: null });
    expect(run.check.news()).toEqual([]);
  });

  test("is no more lost when it comes after all, against the order", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 3).wait(2.5).did({ player: 2, sequence: 1 });
    run.audit.digs(1, 1, 2).digs(2, 1, 1);
    expect(await run.step()).toMatchObject({ ...calm, lost: 1 });
    run.audit.digs(1, 3, 3);
    expect(await run.step()).toMatchObject({ ...calm, lost: 0, order: 1 });
    expect(run.check.news().map(({ what }) => what)).toEqual(["lost", "order"]);
  });

  test("is found at the end of both files, though nothing was sent after it", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 3);
    run.audit.digs(1, 1, 2);
    await run.step();
    expect(await run.end()).toMatchObject({ ...calm, lost: 1 });
    expect(run.check.news()).toMatchObject([{ what: "lost" }]);
  });

  test("may be in records that were compacted away unseen: then it is not known to the end", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 3).wait(3).did({ player: 2, sequence: 1 });
    // What the hole hid of partition 0 does not show yet.
    run.audit.digs(1, 1, 2).hole(2, 9).digs(2, 1, 1, { partition: 1, revision: 10 });
    const counts = await run.step();
    expect(counts).toMatchObject({ lost: null, twice: null });
    expect(counts.doubt).toBe("the store compacted revisions away unseen");
    run.audit.record([], { index: 4, revision: 11 });
    const last = await run.end();
    expect(last).toMatchObject({ lost: null, twice: null });
    expect(last.doubt).toBe("3 records were compacted away before the auditor saw them");
    expect(run.check.news()).toEqual([]);
  });

  test("is found at the end when what was compacted away held no record", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 3).wait(3).did({ player: 2, sequence: 1 });
    run.audit.digs(1, 1, 2).hole(2, 9).digs(2, 1, 1, { revision: 10 });
    expect(await run.step()).toMatchObject({ lost: null });
    expect(await run.end()).toMatchObject({ ...calm, lost: 1 });
  });
});

describe("an operation of the log", () => {
  test("that stands in it twice is found at once, and told once, with its fault", async () => {
    const run = new GrowingRun();
    run.ledger.wait(4).digs(1, 1, 4);
    run.audit.digs(1, 1, 4).digs(1, 2, 3);
    expect(await run.step()).toMatchObject({ ...calm, twice: 2, delivered: 4 });
    expect(run.check.news()).toMatchObject([
      {
        what: "twice",
        story: expect.stringMatching(/operation 2 stands .*during kill-1 on gateway/),
      },
    ]);
    expect(run.check.news()).toEqual([]);
  });

  test("that was refused is found, whether the answer comes before the record or after it", async () => {
    const run = new GrowingRun();
    run.ledger.did({ player: 1, sequence: 1 }, "fail").attempt({ player: 1, sequence: 2 });
    run.audit.digs(1, 1, 2);
    expect(await run.step()).toMatchObject({ ...calm, refused: 1 });
    run.ledger.outcome({ player: 1, sequence: 2 }, "fail");
    expect(await run.step()).toMatchObject({ ...calm, refused: 2, acknowledged: 0 });
  });

  test("that nobody sent is found", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 2);
    run.audit.digs(1, 1, 3);
    expect(await run.step()).toMatchObject({ ...calm, unsent: 1 });
    expect(run.check.news()).toMatchObject([{ what: "unsent" }]);
  });

  test("that stands behind one sent after its answer is found, though the answer is read later", async () => {
    const run = new GrowingRun();
    run.ledger.attempt({ player: 1, sequence: 1 }).wait(0.5).attempt({ player: 2, sequence: 1 });
    run.audit.digs(2, 1, 1).digs(1, 1, 1);
    expect(await run.step()).toMatchObject({ ...calm, delivered: 2 });
    // Known before the other one was sent, and written down after that.
    run.ledger.wait(-0.4).outcome({ player: 1, sequence: 1 }, "ok");
    expect(await run.step()).toMatchObject({ ...calm, order: 1 });
    expect(run.check.news()[0]?.story).toMatch(
      /behind player 2 .*operation 1, which was sent at 0\.5/,
    );
  });

  test("with an unknown outcome may be there or not", async () => {
    const run = new GrowingRun();
    run.ledger
      .did({ player: 1, sequence: 1 }, "unknown")
      .did({ player: 1, sequence: 2 }, "unknown");
    run.ledger.wait(3).did({ player: 2, sequence: 1 });
    run.audit.digs(1, 2, 2).digs(2, 1, 1);
    expect(await run.step()).toMatchObject({ ...calm, unknown: 2, acknowledged: 1 });
  });

  test("of another device of the same player is another operation", async () => {
    const run = new GrowingRun();
    run.ledger.digs(1, 1, 2).did({ player: 1, sequence: 1, device: 2 });
    run.audit.digs(1, 1, 2).record([{ player: 1, sequence: 1, device: 2 }]);
    expect(await run.end()).toMatchObject({ ...calm, delivered: 3 });
  });
});

test("a record that is half written is read when it is whole", async () => {
  const run = new GrowingRun();
  run.ledger.digs(1, 1, 2);
  run.audit.digs(1, 1, 1);
  expect(await run.step({ ledger: 13, audit: 5 })).toMatchObject({ acknowledged: 1, delivered: 0 });
  run.audit.digs(1, 2, 2);
  expect(await run.step({ ledger: 0, audit: 20 })).toMatchObject({ acknowledged: 2, delivered: 1 });
  expect(await run.end()).toMatchObject({ ...calm, acknowledged: 2, delivered: 2 });
});

test("a file of another version is no evidence", async () => {
  const run = new GrowingRun();
  run.audit.partial().writeUInt32LE(9, 8);
  const counts = await run.step();
  expect(counts.lost).toBe(0);
  const other = new GrowingRun();
  const wrong = other.ledger.digs(1, 1, 2).partial();
  wrong.writeUInt32LE(9, 8);
  expect(await other.step()).toMatchObject({ lost: null, acknowledged: 0 });
  expect(other.counts().doubt).toMatch(/^ledger\.bin has version 9/);
});

/** A seeded stream of numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Bugs {
  readonly lost: number;
  readonly twice: number;
  readonly early: number;
}

/**
 * A backend of eight players: records of what is under way, seen by an auditor that stops now and then, and
 * answers that may come before their record was seen or long after it. Files grow by any number of bytes.
 */
async function play(seed: number, bugs: Bugs) {
  const next = random(seed);
  const run = new GrowingRun();
  const sequences = Array.from({ length: 8 }, () => 0);
  const open = new Map<number, number>();
  const unseen: { player: number; sequence: number }[][] = [];
  const counts = { steps: 0, accused: 0, notKnown: 0 };
  const lose = () => next() < bugs.lost;
  for (let at = 0; at < 3_000; at += 1) {
    run.ledger.wait(next() * 0.02);
    run.nowMs += 10;
    const player = Math.floor(next() * sequences.length);
    if (!open.has(player)) {
      const sequence = (sequences[player] ?? 0) + 1;
      sequences[player] = sequence;
      run.ledger.attempt({ player, sequence });
      open.set(player, sequence);
      const record = [{ player, sequence }];
      if (next() < bugs.twice) record.push({ player, sequence });
      if (!lose()) unseen.push(record);
    } else if (next() < 0.5) {
      run.ledger.outcome(
        { player, sequence: open.get(player) ?? 0 },
        next() < 0.98 ? "ok" : "unknown",
      );
      open.delete(player);
    }
    if (bugs.early > 0 && next() < bugs.early) unseen.reverse();
    if (Math.floor(at / 400) % 3 !== 1) {
      for (const record of unseen.splice(0, 3)) run.audit.record(record);
    }
    if (next() < 0.1) {
      // An attempt is in the file before its record is anywhere: only what is newer is cut.
      const step = await run.step({ ledger: 0, audit: Math.floor(next() * 40) });
      counts.steps += 1;
      if (step.lost === null) counts.notKnown += 1;
      if (
        [step.lost, step.twice, step.refused, step.unsent, step.order].some(
          (each) => (each ?? 0) > 0,
        )
      ) {
        counts.accused += 1;
      }
    }
  }
  for (const record of unseen) run.audit.record(record);
  const last = await run.end();
  const files = { ledger: run.ledger.partial(), audit: run.audit.partial() };
  await using fixture = await recordFixture(watchedRun({ auditor: true }), () => {}, files);
  const results = await checkRecording(await openRecording(fixture.folder.path));
  const violations = (id: string) => results.find((result) => result.id === id)?.violations;
  return { counts, last, violations };
}

const once = "log-holds-each-operation-once";
const realTime = "log-order-is-real-time-order";

test.each([1, 2, 3, 4])(
  "accuses nobody of a right backend, wherever files end (seed %i)",
  async (seed) => {
    const { counts, last, violations } = await play(seed, { lost: 0, twice: 0, early: 0 });
    expect(counts.steps).toBeGreaterThan(200);
    expect(counts.accused).toBe(0);
    // Its auditor stops for 8 s now and then.
    expect(counts.notKnown).toBeGreaterThan(10);
    expect(last).toMatchObject({ ...calm, behindS: 0 });
    expect([violations(once), violations(realTime)]).toEqual([0, 0]);
  },
);

test.each([1, 2, 3, 4])(
  "agrees in the end with the check after the run (seed %i)",
  async (seed) => {
    const { last, violations } = await play(seed, { lost: 0.01, twice: 0.01, early: 0.01 });
    expect(last.lost).toBeGreaterThan(0);
    expect(last.twice).toBeGreaterThan(0);
    expect(last.order).toBeGreaterThan(0);
    expect((last.lost ?? 0) + (last.twice ?? 0)).toBe(violations(once));
    expect(last.order).toBe(violations(realTime));
  },
);
