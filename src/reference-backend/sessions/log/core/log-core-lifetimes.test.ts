/** Closing idle sessions and forgetting closed ones (rule 15), on hand-written events. */
import { describe, expect, test } from "vitest";
import {
  ask,
  only,
  pass,
  successor as takenOver,
  takeOver,
  withSession,
} from "../../../../../test/sessions/log/core-cases.ts";
import { type CoreDriver, lifetimes } from "../../../../../test/sessions/log/core-driver.ts";
import type { ModelStore } from "../../../../../test/sessions/log/model-store.ts";
import { dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { applyOperation, initialState } from "../../game/session-state.ts";
import { stateToJson } from "../../game/state-json.ts";
import { type Operation, operationKinds } from "../../gateway/session-writer.ts";
import { decodeRecord } from "../format/record.ts";

const { sessionTtlMs, tombstoneMs } = lifetimes;
/** How much later than its time something may happen: 1/32, and what the record takes. */
const late = (ms: number) => ms + ms / 32 + 100;
const closing = { device: 0, sequence: 1, kind: operationKinds.sessionClosed };

function records(store: ModelStore): Operation[][] {
  return [...store.values.values()]
    .filter(({ key }) => key.startsWith("/hunt/log/"))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ value }) => [...decodeRecord(value).operations]);
}

const closings = (store: ModelStore) =>
  records(store).map((operations) => operations.filter(({ device }) => device === 0));

describe("lifetimes", () => {
  test("a session without a sign of life is closed by an operation in the log, once, after its time", () => {
    const driver = withSession();
    pass(driver, sessionTtlMs - 50);
    expect(driver.counters.closed).toBe(0);
    expect(closings(driver.store).flat()).toEqual([]);
    pass(driver, late(sessionTtlMs) - sessionTtlMs);
    expect(closings(driver.store).flat()).toMatchObject([{ session: "a", ...closing }]);
    pass(driver, 3 * sessionTtlMs);
    expect(closings(driver.store).flat()).toHaveLength(1);
    expect(driver.counters).toMatchObject({ closed: 1, applied: 1, refused: 0, unknown: 0 });
  });

  test.each<[string, (driver: CoreDriver) => unknown]>([
    ["an operation", (driver) => ask(driver, dig("a", 2))],
    ["an operation sent again", (driver) => ask(driver, opened("a"))],
    ["an operation that is refused", (driver) => ask(driver, { ...opened("a"), field1: 9 })],
    ["a keep-alive", (driver) => driver.core.keepAlive("a", driver.nowMs)],
  ])("%s is a sign of life, and gives the session its whole time again", (_name, live) => {
    const driver = withSession();
    for (let i = 0; i < 3; i += 1) {
      pass(driver, sessionTtlMs * 0.9);
      live(driver);
    }
    pass(driver, sessionTtlMs - 50);
    expect(driver.counters.closed).toBe(0);
    pass(driver, late(sessionTtlMs) - sessionTtlMs);
    expect(driver.counters.closed).toBe(1);
  });

  test("a session with an operation under way is not closed", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.advance(late(sessionTtlMs));
    driver.settleAll();
    expect(driver.outcome(ref)).toBe("ok");
    pass(driver, 1000);
    expect(driver.counters.closed).toBe(0);
    expect(ask(driver, dig("a", 3))).toBe("ok");
  });

  test("a closed session answers what was applied with ok and anything new with fail, until it is forgotten", () => {
    const driver = withSession();
    ask(driver, dig("a", 2));
    ask(driver, dig("a", 1, 2));
    pass(driver, late(sessionTtlMs));
    const before = records(driver.store).flat().length;
    const outcomes = () =>
      [opened("a"), dig("a", 2), dig("a", 1, 2), dig("a", 3), { ...opened("a"), device: 3 }].map(
        (asked) => ask(driver, asked),
      );
    expect(outcomes()).toEqual(["ok", "ok", "ok", "fail", "fail"]);
    const ref = driver.submit(dig("a", 3));
    expect(driver.answers.get(ref)?.reason).toBe("the session is closed");
    // Being asked does not lengthen a tombstone's time, nor does a keep-alive.
    pass(driver, tombstoneMs - 1000, () => driver.core.keepAlive("a", driver.nowMs));
    expect(outcomes()).toEqual(["ok", "ok", "ok", "fail", "fail"]);
    pass(driver, late(tombstoneMs) - tombstoneMs + 1000);
    expect(outcomes()).toEqual(["unknown", "unknown", "unknown", "unknown", "unknown"]);
    expect(records(driver.store).flat()).toHaveLength(before);
  });

  test("a session closed by its client leaves a tombstone as well", () => {
    const driver = withSession();
    const closed = { ...dig("a", 2), kind: operationKinds.sessionClosed, field1: 0 };
    expect(ask(driver, closed)).toBe("ok");
    pass(driver, tombstoneMs - 1000);
    expect(ask(driver, closed)).toBe("ok");
    pass(driver, late(tombstoneMs));
    expect(ask(driver, closed)).toBe("unknown");
    expect(driver.counters.closed).toBe(0);
  });

  test("after a forgotten session another one, with its place in the windows, knows nothing of it", () => {
    const driver = withSession();
    for (let sequence = 2; sequence <= 70; sequence += 1) ask(driver, dig("a", sequence));
    pass(driver, late(sessionTtlMs) + late(tombstoneMs));
    expect(ask(driver, opened("b"))).toBe("ok");
    // In a's window these would be applied, in conflict, or below it.
    expect(ask(driver, { ...dig("b", 2), field1: 70 })).toBe("ok");
    expect(ask(driver, dig("b", 60))).toBe("ok");
  });

  test("a takeover gives every session and every tombstone its whole time", () => {
    const first = withSession();
    ask(first, opened("b"));
    ask(first, { ...dig("b", 2), kind: operationKinds.sessionClosed, field1: 0 });
    const { store } = first;
    pass(first, tombstoneMs - 1000);
    const second = successor(store, 2);
    pass(second, sessionTtlMs - 1000);
    expect(second.counters.closed).toBe(0);
    pass(second, late(sessionTtlMs) - sessionTtlMs + 1000);
    expect(second.counters.closed).toBe(1);

    const third = successor(store, 3);
    pass(third, tombstoneMs - 1000);
    const asked = [opened("a"), opened("b"), dig("a", 2), dig("b", 3)];
    expect(asked.map((one) => ask(third, one))).toEqual(["ok", "ok", "fail", "fail"]);
    pass(third, late(tombstoneMs) - tombstoneMs + 1000);
    expect([opened("a"), opened("b")].map((one) => ask(third, one))).toEqual([
      "unknown",
      "unknown",
    ]);
    pass(third, late(sessionTtlMs));
    expect(closings(store).flat()).toHaveLength(1);
  });

  test("an owner that is fenced with closings under way leaves them to its successor", () => {
    const driver = withSession();
    pass(driver, sessionTtlMs - 50);
    driver.advance(sessionTtlMs / 64 + 100);
    const call = only(driver.appends());
    takeOver(driver.store);
    driver.settle(call);
    expect(driver.counters).toMatchObject({ fenced: 1, closed: 0, unknown: 0 });
    const next = successor(driver.store, 3);
    expect(ask(next, dig("a", 2))).toBe("ok");
    pass(next, late(sessionTtlMs));
    expect(closings(driver.store).flat()).toHaveLength(1);
  });

  test("thousands of sessions that are due at once are closed some per record, between operations", () => {
    const driver = withSession();
    const refs = Array.from({ length: 6000 }, (_, i) => driver.submit(opened(`s${i}`)));
    pass(driver, 1000);
    expect(refs.every((ref) => driver.outcome(ref) === "ok")).toBe(true);
    const before = records(driver.store).length;
    let sequence = 1;
    const live: number[] = [];
    pass(driver, late(sessionTtlMs) + 1000, () => {
      if (driver.nowMs > sessionTtlMs * 0.9) {
        sequence += 1;
        live.push(driver.submit(dig("a", sequence)));
      } else driver.core.keepAlive("a", driver.nowMs);
    });
    driver.advance(5);
    driver.settleAll();
    expect(driver.counters.closed).toBe(6000);
    expect(live.map((ref) => driver.outcome(ref)).filter((outcome) => outcome !== "ok")).toEqual(
      [],
    );
    const perRecord = closings(driver.store)
      .slice(before)
      .map(({ length }) => length);
    expect(Math.max(...perRecord)).toBeLessThanOrEqual(256);
    expect(Math.max(...perRecord)).toBeGreaterThan(100);
    const ids = new Set(closings(driver.store).flatMap((all) => all.map(({ session }) => session)));
    expect(ids.size).toBe(6000);
    expect(ids.has("a")).toBe(false);
  });

  function withClosingGivenUp(meanwhile?: (driver: CoreDriver) => void): CoreDriver {
    const driver = withSession();
    ask(driver, opened("b"));
    pass(driver, sessionTtlMs - 50, () => driver.core.keepAlive("b", driver.nowMs));
    driver.submit(dig("b", 2));
    // Its record hangs; a's closing waits behind it from the next tick on, for 3 s.
    driver.advance(sessionTtlMs / 64 + 100);
    meanwhile?.(driver);
    driver.advance(3000);
    return driver;
  }

  test("a closing that waited too long for the store is given up, and the session goes on", () => {
    const driver = withClosingGivenUp((closing) => {
      const early = closing.submit(dig("a", 2));
      expect(closing.answers.get(early)?.reason).toBe("the session is being closed");
    });
    const ref = driver.submit(dig("a", 2));
    driver.settleAll();
    pass(driver, 2000);
    expect(driver.outcome(ref)).toBe("ok");
    expect(driver.counters).toMatchObject({ closed: 0, refused: 1 });
  });

  test("a closing that waited too long for the store is tried again", () => {
    const driver = withClosingGivenUp();
    driver.settleAll();
    pass(driver, 2000);
    expect(closings(driver.store).flat()).toMatchObject([{ session: "a", ...closing }]);
  });

  test("a stopping gateway closes nothing more", () => {
    const driver = withSession();
    pass(driver, sessionTtlMs - 50);
    driver.core.stop(driver.nowMs);
    driver.pump();
    for (let i = 0; i < 100 && !driver.stopped; i += 1) pass(driver, 50);
    expect(driver.stopped).toBe(true);
    pass(driver, late(sessionTtlMs));
    expect(closings(driver.store).flat()).toEqual([]);
  });

  test("replay of a closing changes nothing of a player's devices", () => {
    const state = initialState("a", 0);
    applyOperation(state, opened("a"));
    for (let device = 2; device <= 8; device += 1) applyOperation(state, dig("a", 1, device));
    const parse = () => JSON.parse(stateToJson(state).toString()) as Record<string, unknown>;
    const before = parse();
    applyOperation(state, { ...dig("a", 1), ...closing, field1: 0 });
    expect(parse()).toMatchObject({ devices: before["devices"], revision: 9, closed: true });
  });
});

/** On a clock of its own that is far ahead. */
const successor = (store: ModelStore, number: number) =>
  takenOver(store, number, { nowMs: 10 * sessionTtlMs });
