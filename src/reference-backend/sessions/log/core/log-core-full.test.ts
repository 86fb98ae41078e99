/** A store without space, on hand-written events: what is refused for certain, and what is not. */
import { describe, expect, test } from "vitest";
import { full, lost, only, withSession } from "../../../../../test/sessions/log/core-cases.ts";
import type { CoreDriver } from "../../../../../test/sessions/log/core-driver.ts";
import { dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";

/** The read by which an owner looks for a record that was refused. */
function looks(driver: CoreDriver) {
  return driver.calls.filter(({ request }) => request.type === "read");
}

describe("a full store", () => {
  test("refuses what is in the record and what waits behind it, with etcd's reason", () => {
    const driver = withSession();
    const sent = driver.submit(dig("a", 2));
    const unopened = driver.submit(opened("b"));
    driver.advance(5);
    const behind = [driver.submit(dig("a", 3)), driver.submit(dig("b", 2))];
    driver.answer(only(driver.appends()), full);
    expect(driver.outcome(sent)).toBeUndefined();
    driver.settle(only(looks(driver)));
    for (const ref of [sent, unopened, ...behind]) {
      expect(driver.answers.get(ref)).toMatchObject({ outcome: "fail", reason: full.reason });
    }
    expect(driver.counters).toMatchObject({ refused: 4, unknown: 0, applied: 1 });
  });

  test("that has space again takes the same operations under the same record's number", () => {
    const driver = withSession();
    driver.submit(dig("a", 2));
    driver.advance(5);
    const refused = only(driver.appends());
    driver.answer(refused, full);
    driver.settle(only(looks(driver)));
    const again = driver.submit(dig("a", 2));
    driver.advance(5);
    const sent = only(driver.appends());
    expect(sent.request.puts[0]?.key).toBe(refused.request.puts[0]?.key);
    driver.settle(sent);
    expect(driver.answers.get(again)).toMatchObject({ outcome: "ok", revision: 2 });
    expect(driver.panics).toEqual([]);
  });

  test("may have applied the write that filled it: that one is ok", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.advance(5);
    driver.settle(only(driver.appends()), full);
    driver.settle(only(looks(driver)));
    expect(driver.answers.get(ref)).toMatchObject({ outcome: "ok", revision: 2 });
  });

  test("is looked into until it answers, and no other record is sent meanwhile", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.advance(5);
    driver.answer(only(driver.appends()), full);
    driver.submit(dig("a", 3));
    driver.answer(only(looks(driver)), lost);
    driver.advance(100);
    expect(driver.appends()).toHaveLength(0);
    driver.settle(only(looks(driver)));
    expect(driver.outcome(ref)).toBe("fail");
  });

  test("refuses nothing of which an attempt was lost: that may still be applied", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.advance(5);
    driver.answer(only(driver.appends()), lost);
    for (let i = 0; i < 5; i += 1) {
      driver.advance(20);
      driver.answer(only(driver.appends()), full);
    }
    expect(looks(driver)).toHaveLength(0);
    expect(driver.outcome(ref)).toBeUndefined();
    driver.advance(20);
    driver.settle(only(driver.appends()));
    expect(driver.outcome(ref)).toBe("ok");
  });

  test("refuses nothing while an attempt is open", () => {
    const driver = withSession();
    const ref = driver.submit(dig("a", 2));
    driver.advance(105);
    const [first, second] = driver.appends();
    if (first === undefined || second === undefined) throw new Error("two attempts are open");
    driver.answer(second, full);
    expect(looks(driver)).toHaveLength(0);
    driver.settle(first);
    expect(driver.outcome(ref)).toBe("ok");
  });
});
