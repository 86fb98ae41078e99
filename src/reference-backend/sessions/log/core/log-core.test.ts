/** Appending and operations (rules 7 to 13, docs/session-log-format.md), on hand-written events. */
import { describe, expect, test } from "vitest";
import {
  beatOf,
  lost,
  only,
  takeOver,
  withSession,
} from "../../../../../test/sessions/log/core-cases.ts";
import { CoreDriver } from "../../../../../test/sessions/log/core-driver.ts";
import { dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { logKey, ownerKey } from "../format/keys.ts";
import { decodeRecord, encodeRecord } from "../format/record.ts";
import type { TxnRequest } from "../store/store-call.ts";

const recordOf = (request: TxnRequest) => decodeRecord(request.puts[0]?.value ?? new Uint8Array());

describe("appending", () => {
  test("rules 2 and 7: a record compares owner, absence of n and presence of n-1", () => {
    const driver = withSession();
    driver.submit(dig("a", 2));
    driver.advance(5);
    const { request } = only(driver.appends());
    const epoch = driver.store.values.get(ownerKey(0))?.modRevision;
    expect(request.compares).toEqual([
      { key: ownerKey(0), target: "modRevision", relation: "equal", value: epoch },
      { key: logKey(0, 2), target: "version", relation: "equal", value: 0 },
      { key: logKey(0, 1), target: "version", relation: "greater", value: 0 },
    ]);
    expect(request.gets).toEqual([ownerKey(0), logKey(0, 2)]);
  });

  test("rule 8: what Else finds decides", () => {
    const found = (change: "mine" | "fenced" | "mine and fenced" | "absent" | "another's") => {
      const driver = withSession();
      const ref = driver.submit(dig("a", 2));
      driver.advance(5);
      const call = only(driver.appends());
      if (change.startsWith("mine")) driver.store.run(call.request);
      if (change.endsWith("fenced")) takeOver(driver.store);
      if (change === "absent") driver.store.erase(logKey(0, 1));
      if (change === "another's") {
        const record = encodeRecord({ epoch: 1, batchId: "ffffffffffffffff", operations: [] });
        driver.store.put(logKey(0, 2), record);
      }
      driver.settle(call);
      return { outcome: driver.outcome(ref), panics: driver.panics.length };
    };
    expect(found("mine")).toEqual({ outcome: "ok", panics: 0 });
    expect(found("mine and fenced")).toEqual({ outcome: "ok", panics: 0 });
    expect(found("fenced")).toEqual({ outcome: "unknown", panics: 0 });
    expect(found("absent")).toEqual({ outcome: "unknown", panics: 1 });
    expect(found("another's")).toEqual({ outcome: "unknown", panics: 1 });
  });

  test("rule 9: a record leaves after 5 ms or with 16 KB, one at a time, of at most 64 KB", () => {
    const driver = withSession();
    driver.submit(dig("a", 2));
    driver.advance(4);
    expect(driver.appends()).toHaveLength(0);
    driver.advance(1);
    expect(driver.appends()).toHaveLength(1);
    const long = "x".repeat(100);
    for (let i = 0; i < 2000; i += 1) driver.submit(opened(`${long}${i}`));
    expect(driver.appends()).toHaveLength(1);
    const nextBytes = (commitMs: number) => {
      driver.advance(commitMs);
      driver.settle(only(driver.appends()));
      return only(driver.appends()).request.puts[0]?.value.length ?? 0;
    };
    const small = nextBytes(0);
    expect(small).toBeGreaterThan(63 * 1024);
    expect(small).toBeLessThanOrEqual(64 * 1024);
    // That one is slow to commit, so the next one carries more.
    expect(nextBytes(50)).toBeGreaterThan(120 * 1024);
    driver.settleAll();
    expect(driver.counters.applied).toBe(2002);
  });

  test("rule 9: what waits longer than the queue's bound, or does not fit into it, fails", () => {
    const driver = withSession();
    const sent = driver.submit(dig("a", 2));
    driver.advance(5);
    const queued = driver.submit(dig("a", 3));
    const unopened = driver.submit(opened("b"));
    driver.advance(10);
    const behind = driver.submit(dig("b", 2));
    driver.advance(2991);
    expect([queued, unopened, behind].map((ref) => driver.outcome(ref))).toEqual([
      "fail",
      "fail",
      "fail",
    ]);
    expect(driver.outcome(sent)).toBeUndefined();
    const long = "x".repeat(128);
    const refs = Array.from({ length: 40_000 }, (_, i) => driver.submit(opened(`${i}${long}`)));
    const failed = refs.filter((ref) => driver.outcome(ref) === "fail").length;
    expect(failed).toBeGreaterThan(5000);
    expect(failed).toBeLessThan(20_000);
  });

  test("rule 10: attempts send the same bytes, at most three are open, a late answer counts", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.advance(5);
    const first = only(driver.appends());
    driver.advance(99);
    expect(driver.appends()).toHaveLength(1);
    driver.advance(1);
    expect(driver.appends()).toHaveLength(2);
    driver.advance(200);
    expect(driver.appends()).toHaveLength(3);
    for (const { request } of driver.appends()) expect(request).toEqual(first.request);
    driver.settle(first);
    expect(driver.outcome(ref)).toBe("ok");
    expect(driver.appends()).toHaveLength(0);

    driver.submit(dig("a", 3));
    driver.advance(5);
    const sentAt = driver.nowMs;
    driver.advance(30_000);
    expect(driver.appends()).toHaveLength(3);
    expect(driver.cancelled.length).toBeLessThan((driver.nowMs - sentAt) / 1500);
  });

  test("rule 10: an error is tried again soon, and a new leader at once", () => {
    const driver = withSession();
    driver.submit(dig("a", 2));
    driver.advance(5);
    driver.answer(only(driver.appends()), lost);
    driver.advance(20);
    expect(driver.appends()).toHaveLength(1);
    driver.core.leaderChanged(driver.nowMs);
    driver.pump();
    expect(driver.appends()).toHaveLength(2);
  });

  test("rule 11: nothing is acknowledged or known as applied before the commit is", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.advance(5);
    driver.store.run(only(driver.appends()).request);
    const again = driver.submit(dig("a", 2));
    expect([driver.outcome(ref), driver.outcome(again)]).toEqual([undefined, undefined]);
    driver.settle(only(driver.appends()));
    expect(driver.answers.get(ref)).toMatchObject({ outcome: "ok", revision: 2 });
    expect(driver.answers.get(again)).toMatchObject({ outcome: "ok", revision: 2 });
    expect(driver.counters).toMatchObject({ applied: 2, duplicate: 1 });
  });

  test.each(["the record's Txn", "the watch"])(
    "rule 12: fenced by %s, what was sent is unknown, what was queued moves, nothing is acknowledged",
    (by) => {
      const driver = withSession();
      const sent = driver.submit(dig("a", 2));
      driver.advance(5);
      const queued = driver.submit(dig("a", 3));
      const call = only(driver.appends());
      beatOf(driver.store);
      takeOver(driver.store);
      if (by === "the watch") driver.deliverWatches();
      else driver.settle(call);
      expect(driver.outcome(sent)).toBe("unknown");
      expect(driver.answers.get(queued)).toMatchObject({ outcome: "moved", owner: "gateway/2" });
      driver.deliverWatches();
      driver.settleAll();
      const later = driver.submit(dig("a", 4));
      expect(driver.outcome(later)).toBe("moved");
      expect(driver.counters.fenced).toBe(1);
    },
  );
});

describe("operations", () => {
  test("rule 13: operations of one record keep their order and count the revision", () => {
    const driver = CoreDriver.serving();
    const refs = [opened("a"), dig("a", 2), opened("b"), dig("a", 3)].map((asked) =>
      driver.submit(asked),
    );
    driver.advance(5);
    const { operations } = recordOf(only(driver.appends()).request);
    expect(operations.map(({ session, sequence }) => `${session}${sequence}`)).toEqual([
      "a1",
      "a2",
      "b1",
      "a3",
    ]);
    driver.settleAll();
    expect(refs.map((ref) => driver.answers.get(ref)?.revision)).toEqual([1, 2, 1, 3]);
  });
});
