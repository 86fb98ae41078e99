/** Folding, trimming and what is only in bases (rules 2, 6, 15, 18, 19), on hand-written events. */
import { describe, expect, test } from "vitest";
import {
  ask,
  lost,
  oldestKept,
  only,
  pass,
  small,
  takeOver,
} from "../../../../../test/sessions/log/core-cases.ts";
import { type Call, CoreDriver, lifetimes } from "../../../../../test/sessions/log/core-driver.ts";
import { ModelAuditor } from "../../../../../test/sessions/log/model-auditor.ts";
import { ModelStore } from "../../../../../test/sessions/log/model-store.ts";
import { type Asked, dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { decodeBaseHeader } from "../format/base.ts";
import { basePrefix, logKey, logPrefix, recordNumber } from "../format/keys.ts";
import type { TxnRequest } from "../store/store-call.ts";

const { sessionTtlMs } = lifetimes;
const late = (ms: number) => ms + ms / 32 + 1000;

const is =
  (what: "fold" | "trim" | "delete") =>
  ({ request }: Call): boolean =>
    request.type === "txn" &&
    (what === "fold"
      ? request.puts[0]?.key.startsWith("/hunt/base/") === true
      : request.deletes[0]?.start.startsWith(what === "trim" ? "/hunt/log/" : "/hunt/base/") ===
        true);

function played(sessions: number, digs: number, limits = small): CoreDriver {
  const driver = CoreDriver.serving(new ModelStore(), 1, limits);
  for (let sequence = 1; sequence <= 1 + digs; sequence += 1) {
    for (let s = 0; s < sessions; s += 1) {
      driver.submit(sequence === 1 ? opened(`s${s}`) : dig(`s${s}`, sequence));
    }
    pass(driver, 10, undefined, 5);
  }
  return driver;
}

/** Plays until a call of this kind is under way, and returns it. */
function until(driver: CoreDriver, what: "fold" | "trim" | "delete"): Call {
  for (let sequence = 2; sequence < 1000; sequence += 1) {
    if (driver.outcome(driver.submit(opened(`more${sequence}`))) === "fail") break;
    for (let ms = 0; ms < 20; ms += 5) {
      driver.advance(5);
      for (let next = driver.calls[0]; next !== undefined; next = driver.calls[0]) {
        const found = driver.calls.find(is(what));
        if (found !== undefined) return found;
        driver.settle(next);
      }
    }
  }
  throw new Error(`no ${what}`);
}

describe("folding", () => {
  test("rule 18: records are trimmed as they are covered by bases, and every session is whole", () => {
    const store = new ModelStore();
    const auditor = new ModelAuditor(store);
    const driver = CoreDriver.serving(store, 1, small);
    for (let sequence = 1; sequence < 100; sequence += 1) {
      for (const session of ["a", "b", "c", "d", "e", "f"]) {
        driver.submit(sequence === 1 ? opened(session) : dig(session, sequence));
      }
      pass(driver, 20, () => expect(auditor.wrong(store)).toEqual([]), 5);
      expect(driver.counters.tailBytes).toBeLessThan(4000);
    }
    expect(driver.counters.applied).toBe(594);
    expect(oldestKept(store)).toBeGreaterThan(50);
    expect(driver.counters.trimmedRecords).toBe(oldestKept(store));
    expect(store.keys(basePrefix(0))).toHaveLength(6);
    expect(driver.panics).toEqual([]);
  });

  test("rules 2 and 18: a fold compares the epoch and the oldest record, and names the newest", () => {
    const driver = CoreDriver.serving(new ModelStore(), 1, small);
    const { request } = until(driver, "fold") as Call & { request: TxnRequest };
    const { store } = driver;
    const epoch = store.values.get("/hunt/owner/0")?.modRevision;
    expect(request.compares).toEqual([
      { key: "/hunt/owner/0", target: "modRevision", relation: "equal", value: epoch },
      { key: logKey(0, oldestKept(store)), target: "version", relation: "greater", value: 0 },
    ]);
    const newest = store.keys(logPrefix(0)).at(-1) ?? "";
    for (const { value } of request.puts) {
      expect(decodeBaseHeader(value)).toEqual({ closed: false, n: recordNumber(0, newest) });
    }
    expect(request.puts.length).toBeLessThanOrEqual(4);
  });

  test.each(["fold", "trim"] as const)(
    "rule 2: a %s of an owner that another took over from changes nothing",
    (what) => {
      const driver = CoreDriver.serving(new ModelStore(), 1, small);
      const call = until(driver, what);
      const { store } = driver;
      takeOver(store);
      const keys = store.keys("/hunt/");
      const { revision } = store;
      driver.settle(call);
      expect(store.revision).toBe(revision);
      expect(store.keys("/hunt/")).toEqual(keys);
      expect(driver.counters.fenced).toBe(1);
    },
  );

  test("rule 10: an attempt without an answer is repeated with the same bytes, one Txn at a time", () => {
    const driver = CoreDriver.serving(new ModelStore(), 1, small);
    const first = until(driver, "fold");
    driver.advance(100);
    driver.advance(200);
    const attempts = driver.calls.filter(is("fold"));
    expect(attempts).toHaveLength(3);
    for (const { request } of attempts) expect(request).toEqual(first.request);
    driver.settle(first);
    pass(driver, 1000);
    expect(driver.panics).toEqual([]);
  });

  test("a tail that is as long as it may be stops records, until something is trimmed", () => {
    const driver = CoreDriver.serving(new ModelStore(), 1, small);
    let refused: string | undefined;
    for (let i = 0; i < 300 && refused === undefined; i += 1) {
      const ref = driver.submit(opened(`s${i}`));
      driver.advance(20);
      for (const call of driver.appends()) driver.settle(call);
      if (driver.answers.get(ref) === undefined) refused = String(ref);
    }
    expect(driver.counters.tailBytes).toBeGreaterThanOrEqual(8000);
    expect(driver.counters.tailBytes).toBeLessThan(8200);
    driver.advance(3000);
    expect(driver.outcome(Number(refused))).toBe("fail");
    pass(driver, 5000, undefined, 5);
    expect(driver.counters.tailBytes).toBeLessThan(4000);
    expect(ask(driver, opened("b"))).toBe("ok");
  });

  test("the sessions in memory stay within their bound, and those outside it know what they did", () => {
    const driver = played(60, 0, { heldSessionsMax: 10, loadSessions: 3 });
    // The newest record cannot be trimmed, so its sessions are not folded.
    ask(driver, opened("newest"));
    pass(driver, 5000);
    expect(driver.counters.held).toBeLessThanOrEqual(11);
    const refs = Array.from({ length: 60 }, (_, s) => [
      driver.submit(opened(`s${s}`)),
      driver.submit(dig(`s${s}`, 2)),
      driver.submit({ ...opened(`s${s}`), field1: 9 }),
    ]);
    pass(driver, 100, undefined, 5);
    ask(driver, dig("newest", 2));
    pass(driver, 5000);
    expect(driver.counters.held).toBeLessThanOrEqual(11);
    const outcomes = refs.map((asked) => asked.map((ref) => driver.outcome(ref)));
    expect(outcomes).toEqual(Array.from({ length: 60 }, () => ["ok", "ok", "fail"]));
  });
});

describe("after a takeover", () => {
  function takenOver(options: { sweeps: boolean }): {
    driver: CoreDriver;
    reads: () => readonly Call[];
  } {
    const former = played(150, 3);
    for (let i = 1; i < 60; i += 1) {
      former.submit(i === 1 ? opened("last") : dig("last", i));
      pass(former, 20, undefined, 5);
    }
    const { store } = former;
    // What the 150 sessions did is in their bases alone.
    expect(oldestKept(store)).toBeGreaterThan(4);
    const driver = new CoreDriver(store, 2, { limits: small });
    driver.start();
    for (let i = 0; i < 30; i += 1) {
      driver.advance(50);
      for (const call of driver.calls) {
        const sweeps =
          call.request.type === "range" && call.request.start.startsWith("/hunt/base/");
        if (!sweeps || options.sweeps) driver.settle(call);
      }
    }
    expect(driver.counters.takeovers).toBe(1);
    return { driver, reads: () => driver.calls.filter(({ request }) => request.type === "read") };
  }

  test("rule 6: bases are read when they are needed, many at once, and their operations wait in order", () => {
    const { driver, reads } = takenOver({ sweeps: false });
    const refs = Array.from({ length: 150 }, (_, s) => [
      driver.submit(dig(`s${s}`, 5)),
      driver.submit(dig(`s${s}`, 4)),
      driver.submit(dig(`s${s}`, 6)),
    ]);
    driver.tick();
    expect(reads().length).toBeLessThanOrEqual(4);
    expect(driver.appends()).toHaveLength(0);
    for (let rounds = 0; reads().length > 0; rounds += 1) {
      expect(rounds).toBeLessThan(4);
      for (const call of reads()) driver.settle(call);
    }
    driver.advance(5);
    for (const call of driver.appends()) driver.settle(call);
    for (const asked of refs) {
      const answers = asked.map((ref) => driver.answers.get(ref));
      expect(answers.map((answer) => answer?.outcome)).toEqual(["ok", "ok", "ok"]);
      expect([answers[0]?.revision, answers[2]?.revision]).toEqual([5, 6]);
    }
  });

  test("a base that cannot be read in time fails what waits for it, and is read again after an error", () => {
    const { driver, reads } = takenOver({ sweeps: false });
    const first = driver.submit(dig("s1", 5));
    driver.advance(3000);
    expect(driver.answers.get(first)?.reason).toBe("the session's base could not be read in time");
    const second = driver.submit(dig("s2", 5));
    for (const call of reads()) driver.answer(call, lost);
    driver.advance(100);
    for (const call of reads()) driver.settle(call);
    driver.advance(5);
    for (const call of driver.appends()) driver.settle(call);
    expect(driver.outcome(second)).toBe("ok");
  });

  test("an owner that was fenced without knowing takes no base of its successor for its own", () => {
    const { driver, reads } = takenOver({ sweeps: false });
    const ref = driver.submit(dig("s1", 5));
    driver.tick();
    takeOver(driver.store);
    driver.settle(only(reads()));
    expect(driver.answers.get(ref)).toMatchObject({ outcome: "moved", owner: "gateway/2" });
    expect(driver.counters.fenced).toBe(1);
  });

  test.each([true, false])(
    "a session that is only in its base is not opened again, an unknown one is: swept %s",
    (sweeps) => {
      const { driver, reads } = takenOver({ sweeps });
      if (sweeps) pass(driver, 2000);
      const asked: Asked[] = [
        opened("s7"),
        { ...opened("s7"), device: 2 },
        dig("nobody", 1),
        opened("new"),
        dig("new", 2),
      ];
      const refs = asked.map((one) => driver.submit(one));
      driver.tick();
      expect(reads().length > 0).toBe(!sweeps || driver.outcome(refs[0] ?? 0) === undefined);
      while (reads().length > 0) for (const call of reads()) driver.settle(call);
      driver.advance(5);
      for (const call of driver.appends()) driver.settle(call);
      expect(refs.map((ref) => driver.outcome(ref))).toEqual(["ok", "fail", "fail", "ok", "ok"]);
    },
  );

  test("rule 15: a session that is only in its base, and that nobody touches, is closed", () => {
    const { driver } = takenOver({ sweeps: true });
    pass(driver, sessionTtlMs - 2000);
    expect(driver.counters.closed).toBe(0);
    pass(driver, late(sessionTtlMs));
    expect(driver.counters.closed).toBe(151);
    expect(driver.panics).toEqual([]);
  });
});
