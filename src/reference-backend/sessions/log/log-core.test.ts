/** The protocol's rules (docs/session-log-format.md), one by one, on hand-written events. */
import { describe, expect, test } from "vitest";
import { type Call, CoreDriver, ModelStore } from "./core-driver.ts";
import { encodeValue, logKey, ownerKey } from "./keys.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { FailedOutcome, TxnRequest } from "./store-call.ts";
import { dig, opened } from "./test-gateways.ts";

const LOST: FailedOutcome = { type: "failed", applied: "maybe", reason: "lost" };
const OTHER = { instance: "other", name: "gateway/2", address: "host:2" };

/** A serving core with session "a" open. */
function withSession(): CoreDriver {
  const driver = CoreDriver.serving();
  const ref = driver.submit(opened("a"));
  driver.advance(5);
  driver.settleAll();
  expect(driver.outcome(ref)).toBe("ok");
  return driver;
}

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`${items.length} items, not one`);
  return item;
}

function takeOver(store: ModelStore): void {
  store.put(ownerKey(0), encodeValue(OTHER));
}

function beatOf(store: ModelStore, leaving = false): void {
  const value = encodeValue({ ...OTHER, count: 1, leaving });
  store.put("/hunt/beat/gateway-2", value);
}

const recordOf = (request: TxnRequest) => decodeRecord(request.puts[0]?.value ?? new Uint8Array());

describe("ownership", () => {
  test("rule 1: the epoch is the owner key's mod_revision after the takeover", () => {
    const driver = withSession();
    const epoch = driver.store.values.get(ownerKey(0))?.modRevision;
    const record = driver.store.values.get(logKey(0, 1));
    expect(decodeRecord(record?.value ?? new Uint8Array()).epoch).toBe(epoch);
  });

  test.each([
    ["applied", true],
    ["not applied", false],
  ])("rule 3: a takeover whose answer is lost and that was %s ends in serving", (_how, applied) => {
    const driver = new CoreDriver(new ModelStore(), 1);
    driver.start();
    driver.settle(only(driver.calls));
    const takeover = driver.calls.find((call) => putsOwner(call));
    if (takeover === undefined) throw new Error("no takeover");
    if (applied) driver.settle(takeover, LOST);
    else driver.answer(takeover, LOST);
    for (let i = 0; i < 10; i++) {
      driver.settleAll();
      driver.advance(100);
    }
    expect(driver.core.health()).toEqual({ ready: true });
    expect(driver.counters.takeovers).toBe(1);
  });

  test("rule 3: who finds another owner at its takeover does not serve", () => {
    const driver = new CoreDriver(new ModelStore(), 1);
    driver.start();
    driver.settle(only(driver.calls));
    beatOf(driver.store);
    takeOver(driver.store);
    const ref = driver.submit(opened("a"));
    driver.settleAll();
    driver.deliverWatches();
    driver.tick();
    expect(driver.answers.get(ref)).toMatchObject({ outcome: "moved", owner: "gateway/2" });
    expect(driver.counters.takeovers).toBe(0);
  });

  test.each([
    ["mmm", true],
    ["mm", false],
    ["mmomm", false],
    ["ommm", true],
    ["mommmo", true],
    ["", false],
  ])(
    "rule 4: after the heartbeats %s (mine, other's) the other is taken over: %s",
    (beats, gone) => {
      const store = new ModelStore();
      store.put("/hunt/partitions", new TextEncoder().encode("1"));
      beatOf(store);
      takeOver(store);
      const driver = new CoreDriver(store, 1);
      driver.start();
      driver.settle(only(driver.calls));
      let took = false;
      for (const beat of beats) {
        if (beat === "o") beatOf(store);
        else driver.settle(only(driver.calls.filter((call) => !putsOwner(call))));
        driver.deliverWatches();
        took ||= driver.calls.some((call) => putsOwner(call));
        driver.advance(200);
      }
      expect(took).toBe(gone);
    },
  );

  test("rule 4: while the store answers nothing, nobody is taken over", () => {
    const store = new ModelStore();
    store.put("/hunt/partitions", new TextEncoder().encode("1"));
    takeOver(store);
    const driver = new CoreDriver(store, 1);
    driver.start();
    driver.settle(only(driver.calls));
    driver.advance(60_000);
    expect(driver.calls.some((call) => putsOwner(call))).toBe(false);
  });

  test("rule 5: a live owner hands over to the steady gateway that prefers it, after its record", () => {
    const store = new ModelStore();
    const driver = CoreDriver.serving(store, 2);
    driver.advance(1000);
    driver.settleAll();
    expect(driver.counters.takeovers).toBe(1);
    const sent = driver.submit(opened("a"));
    driver.advance(5);
    expect(driver.appends()).toHaveLength(1);
    const preferring = { instance: "i1", name: "gateway/1", address: "host:1" };
    for (let count = 1; count <= 3; count++) {
      store.put("/hunt/beat/gateway-1", encodeValue({ ...preferring, count, leaving: false }));
    }
    driver.deliverWatches();
    const held = driver.submit(dig("a", 2));
    expect(driver.calls.some((call) => putsOwner(call))).toBe(false);
    driver.settle(only(driver.appends()));
    expect(driver.outcome(sent)).toBe("ok");
    driver.settle(only(driver.calls.filter((call) => putsOwner(call))));
    driver.tick();
    expect(driver.answers.get(held)).toMatchObject({ outcome: "moved", owner: "gateway/1" });
    expect(driver.appends()).toHaveLength(0);
  });

  test("rule 6: the tail is read in pages at the takeover's revision, at a newer one if compacted", () => {
    const store = new ModelStore();
    const former = CoreDriver.serving(store);
    for (let n = 1; n <= 40; n++) {
      former.submit(n === 1 ? opened("a") : dig("a", n));
      former.advance(5);
      former.settleAll();
    }
    const driver = new CoreDriver(store, 1);
    driver.start();
    driver.settle(only(driver.calls));
    for (let i = 0; i < 8; i++) {
      driver.advance(200);
      const reading = driver.calls.find((call) => call.request.type === "range");
      if (reading !== undefined) break;
      driver.settleAll();
    }
    store.compactedBelow = store.revision + 1;
    store.revision += 2;
    driver.settleAll();
    driver.advance(100);
    driver.settleAll();
    const again = driver.submit(dig("a", 40));
    expect(driver.answers.get(again)).toMatchObject({ outcome: "ok", revision: 40 });
  });
});

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
      if (change === "absent") driver.store.values.delete(logKey(0, 1));
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
    for (let i = 0; i < 2000; i++) driver.submit(opened(`${long}${i}`));
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
    expect(driver.calls.filter((call) => putsLog(call))).toHaveLength(0);

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
    driver.answer(only(driver.calls.filter((call) => putsLog(call))), LOST);
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

  test("a stop without another gateway finishes what is queued, then ends", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.core.stop(driver.nowMs);
    driver.pump();
    const late = driver.submit(dig("a", 3));
    driver.advance(5);
    driver.settleAll();
    expect(driver.outcome(ref)).toBe("ok");
    expect(driver.outcome(late)).toBe("fail");
    expect(driver.stopped).toBe(true);
  });

  test("a stop that the store does not answer ends everything that is owed", () => {
    const driver = withSession();
    const sent = driver.submit(dig("a", 2));
    driver.advance(5);
    const queued = driver.submit(dig("a", 3));
    driver.core.stop(driver.nowMs);
    driver.core.abort(driver.nowMs);
    expect([driver.outcome(sent), driver.outcome(queued)]).toEqual(["unknown", "fail"]);
  });

  test("a gateway that was started with another number of partitions refuses to start", () => {
    const store = new ModelStore();
    CoreDriver.serving(store);
    const driver = new CoreDriver(store, 2, 2);
    driver.start();
    driver.settleAll();
    expect(driver.panics).toEqual(["the store has 1 partitions, this gateway was started with 2"]);
  });
});

function putsOwner({ request }: Call): boolean {
  return request.type === "txn" && request.puts[0]?.key === ownerKey(0);
}

function putsLog({ request }: Call): boolean {
  return request.type === "txn" && request.puts[0]?.key.startsWith("/hunt/log/") === true;
}
