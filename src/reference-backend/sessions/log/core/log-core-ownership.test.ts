/** Who owns a partition (rules 1 to 6, docs/session-log-format.md), on hand-written events. */
import { describe, expect, test } from "vitest";
import {
  beatOf,
  lost,
  only,
  putsBeat,
  putsOwner,
  takeOver,
  withSession,
} from "../../../../../test/sessions/log/core-cases.ts";
import { CoreDriver } from "../../../../../test/sessions/log/core-driver.ts";
import { ModelStore } from "../../../../../test/sessions/log/model-store.ts";
import { dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { encodeValue, logKey, ownerKey } from "../format/keys.ts";
import { decodeRecord } from "../format/record.ts";

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
    if (applied) driver.settle(takeover, lost);
    else driver.answer(takeover, lost);
    for (let i = 0; i < 10; i += 1) {
      driver.settleAll();
      driver.advance(100);
    }
    expect(driver.core.health(driver.nowMs)).toEqual({ ready: true });
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

  test("rule 4: a heartbeat that hangs at the old leader is sent again when there is a new one", () => {
    const driver = withSession();
    driver.advance(200);
    const beats = () => driver.calls.filter((call) => putsBeat(call)).map((call) => call.id);
    const hanging = only(beats());
    driver.core.leaderChanged(driver.nowMs);
    driver.pump();
    expect(driver.cancelled).toContain(hanging);
    expect(only(beats())).toBeGreaterThan(hanging);
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
    for (let count = 1; count <= 3; count += 1) {
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

  test.each([
    ["handed over by a live gateway is ready while it reads it, for 1 s", true],
    ["taken from one that is gone is not ready before it serves it", false],
  ])("a gateway with a partition %s", (_how, handed) => {
    const { store } = withSession();
    takeOver(store);
    const driver = new CoreDriver(store, 1);
    driver.start();
    driver.settle(only(driver.calls));
    if (handed) {
      beatOf(store);
      driver.deliverWatches();
      expect(driver.core.health(driver.nowMs)).toEqual({ ready: true });
      const own = { instance: "i1", name: "gateway/1", address: "host:1" };
      store.put(ownerKey(0), encodeValue(own));
      driver.deliverWatches();
    }
    const reads = () => driver.calls.filter((call) => call.request.type === "range");
    for (let i = 0; i < 20 && reads().length === 0; i += 1) {
      for (const call of driver.calls) driver.settle(call);
      driver.deliverWatches();
      if (reads().length === 0) driver.advance(50);
    }
    only(reads());
    const waiting = { ready: false, waitingFor: "partition 0" };
    expect(driver.core.health(driver.nowMs)).toEqual(handed ? { ready: true } : waiting);
    expect(driver.core.health(driver.nowMs + 1001)).toEqual(waiting);
  });

  test("rule 6: the tail is read in pages at the takeover's revision, at a newer one if compacted", () => {
    const store = new ModelStore();
    const former = CoreDriver.serving(store);
    for (let n = 1; n <= 40; n += 1) {
      former.submit(n === 1 ? opened("a") : dig("a", n));
      former.advance(5);
      former.settleAll();
    }
    const driver = new CoreDriver(store, 1);
    driver.start();
    driver.settle(only(driver.calls));
    for (let i = 0; i < 8; i += 1) {
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

describe("a log with a record missing", () => {
  test.each([
    ["one in the middle", [2], "goes on with record 3, expected 2"],
    ["an opening that no base holds", [0, 1], "session a of partition 0 has no base"],
    ["all of them", [0, 1, 2, 3], "is empty"],
  ])("is not served: %s", (_which, missing, error) => {
    const former = withSession();
    for (const sequence of [2, 3]) {
      former.submit(dig("a", sequence));
      former.advance(5);
      former.settleAll();
    }
    for (const n of missing) former.store.erase(logKey(0, n));
    expect(() => {
      const driver = CoreDriver.serving(former.store, 2);
      for (let i = 0; i < 10; i += 1) {
        driver.advance(200);
        driver.settleAll();
      }
    }).toThrow(error);
  });
});

describe("start and stop", () => {
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

  test("a stop whose hand-over fails tries again, and serves the record in between", () => {
    const driver = withSession();
    for (let count = 0; count < 3; count += 1) beatOf(driver.store);
    driver.deliverWatches();
    const ref = driver.submit(dig("a", 2));
    driver.core.stop(driver.nowMs);
    driver.pump();
    const handOver = only(driver.calls.filter((call) => putsOwner(call)));
    driver.answer(handOver, { type: "failed", applied: "no", reason: "no leader" });
    driver.advance(5);
    driver.settle(only(driver.appends()));
    expect(driver.outcome(ref)).toBe("ok");
    driver.advance(100);
    driver.settleAll();
    const late = driver.submit(dig("a", 3));
    expect(driver.answers.get(late)).toMatchObject({ outcome: "moved", owner: "gateway/2" });
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
    const driver = new CoreDriver(store, 2, { partitions: 2 });
    driver.start();
    driver.settleAll();
    expect(driver.panics).toEqual(["the store has 1 partitions, this gateway was started with 2"]);
  });
});
