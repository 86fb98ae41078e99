/** What is left of closed sessions, and of the store's history (rules 15 and 19), on hand-written events. */
import { describe, expect, test } from "vitest";
import {
  ask,
  oldestKept,
  pass,
  small,
  successor,
} from "../../../../../test/sessions/log/core-cases.ts";
import { CoreDriver, lifetimes } from "../../../../../test/sessions/log/core-driver.ts";
import { ModelStore } from "../../../../../test/sessions/log/model-store.ts";
import { type Asked, dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { operationKinds } from "../../gateway/session-writer.ts";
import { decodeBaseHeader } from "../format/base.ts";
import { baseKey, basePrefix, logPrefix, recordNumber } from "../format/keys.ts";

const { tombstoneMs } = lifetimes;
const late = (ms: number) => ms + ms / 32 + 1000;

describe("closed sessions", () => {
  const closing = (session: string): Asked => ({
    ...dig(session, 2),
    kind: operationKinds.sessionClosed,
    field1: 0,
  });

  test("their bases go once their tombstone is over and no kept record has an operation of them", () => {
    const driver = CoreDriver.serving(new ModelStore(), 1, small);
    const { store } = driver;
    ask(driver, opened("a"));
    ask(driver, closing("a"));
    const closed = recordNumber(0, store.keys(logPrefix(0)).at(-1) ?? "");
    pass(driver, late(tombstoneMs));
    // Over, but in the tail: gone would mean that a successor replays what is left of it.
    expect(ask(driver, opened("a"))).toBe("unknown");
    const flags: boolean[] = [];
    store.listeners.push(({ key, value }) => {
      if (key === baseKey(0, "a")) flags.push(decodeBaseHeader(value).closed);
    });
    for (let i = 0; i < 200; i += 1) {
      ask(driver, i === 0 ? opened("b") : dig("b", 1 + i));
      pass(driver, 300);
      if (flags.length > 0 && oldestKept(store) <= closed) {
        expect(store.keys(basePrefix(0))).toContain(baseKey(0, "a"));
      }
    }
    expect(flags).toEqual([true]);
    expect(store.keys(basePrefix(0))).toEqual([baseKey(0, "b")]);
    expect(ask(driver, opened("a"))).toBe("unknown");
  });

  test("a tombstone that is only in its base answers, and ends, also after a takeover", () => {
    const former = CoreDriver.serving(new ModelStore(), 1, small);
    ask(former, opened("a"));
    ask(former, closing("a"));
    for (let i = 0; i < 100; i += 1) {
      ask(former, i === 0 ? opened("b") : dig("b", 1 + i));
      pass(former, 100);
    }
    const { store } = former;
    expect(oldestKept(store)).toBeGreaterThan(2);
    const driver = successor(store, 2, { limits: small });
    expect([opened("a"), closing("a"), dig("a", 3)].map((one) => ask(driver, one))).toEqual([
      "ok",
      "ok",
      "fail",
    ]);
    pass(driver, late(tombstoneMs));
    expect(store.keys(basePrefix(0))).not.toContain(baseKey(0, "a"));
    expect(ask(driver, opened("a"))).toBe("unknown");
    expect(ask(driver, dig("b", 200))).toBe("ok");
  });

  test("many short sessions leave nothing behind", () => {
    const driver = CoreDriver.serving(new ModelStore(), 1, small);
    for (let i = 0; i < 1000; i += 1) {
      driver.submit(opened(`s${i}`));
      driver.submit(closing(`s${i}`));
      if (i % 5 === 0) pass(driver, 500);
    }
    pass(driver, late(tombstoneMs));
    const { store } = driver;
    // Those of the records that are kept, and no others.
    expect(store.keys(basePrefix(0)).length).toBeLessThan(120);
    expect(driver.counters.tailBytes).toBeLessThan(4000);
    expect(driver.counters.held).toBeLessThan(120);
  });
});

describe("compaction", () => {
  test("rule 19: the owner of partition 0 asks for the revision of a minute ago, the next one goes on", () => {
    const store = new ModelStore();
    const first = CoreDriver.serving(store, 1);
    pass(first, 59_000);
    expect(store.compactedBelow).toBe(0);
    const revisions = new Map<number, number>();
    pass(first, 60_000, () => revisions.set(first.nowMs, store.revision));
    const behind = [...revisions].find(([, revision]) => revision >= store.compactedBelow);
    expect(first.nowMs - (behind?.[0] ?? 0)).toBeLessThan(75_000);
    expect(store.compactedBelow).toBeGreaterThan(1);

    const second = new CoreDriver(store, 2);
    second.nowMs = first.nowMs;
    second.start();
    // Both beat; the second one owns nothing, and asks nothing.
    for (let i = 0; i < 1600; i += 1) {
      for (const driver of [first, second]) pass(driver, 50);
    }
    const before = store.compactedBelow;
    pass(second, 15_000);
    expect(second.counters.takeovers).toBe(1);
    expect(store.compactedBelow).toBeGreaterThan(before);
    expect([...first.panics, ...second.panics]).toEqual([]);
  });
});
