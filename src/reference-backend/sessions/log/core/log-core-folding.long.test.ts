/** Folding and trimming while attempts are lost, or commit late (rules 2, 18), in seeded histories. */
import { expect, test } from "vitest";
import {
  lost,
  oldestKept,
  pass,
  small,
  successor,
} from "../../../../../test/sessions/log/core-cases.ts";
import { type Call, CoreDriver } from "../../../../../test/sessions/log/core-driver.ts";
import { ModelAuditor } from "../../../../../test/sessions/log/model-auditor.ts";
import { ModelStore } from "../../../../../test/sessions/log/model-store.ts";
import { dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  "attempts that are lost, or commit late, undo nothing, whoever owns the log: seed %s",
  (seed) => {
    const random = generator(seed);
    const store = new ModelStore();
    const auditor = new ModelAuditor(store);
    // Pressed by the tail's length, or by the table's size while the tail is short.
    const pressed =
      seed % 2 === 0
        ? { ...small, heldSessionsMax: 5, trimRecordsMax: 8 }
        : { ...small, heldSessionsMax: 2, foldTailBytes: 100_000, tailBytesMax: 200_000 };
    const limits = { ...pressed, sweepPage: 3 };
    let driver = CoreDriver.serving(store, 1, limits);
    const delayed: Call[] = [];
    const highest = new Map<string, number>();
    let lateCommits = 0;
    let gateways = 1;
    for (let step = 0; step < 600; step += 1) {
      const session = `s${random(7)}`;
      const sequence = (highest.get(session) ?? 0) + 1;
      highest.set(session, sequence);
      driver.submit(sequence === 1 ? opened(session) : dig(session, sequence));
      driver.advance(5 + random(10));
      for (const call of driver.calls) {
        const lot = random(10);
        if (lot < 6) driver.settle(call);
        else if (lot === 6) driver.settle(call, lost);
        else if (lot === 7) {
          delayed.push(call);
          driver.answer(call, lost);
        }
      }
      const one = delayed[random(40)];
      if (one !== undefined) {
        lateCommits += 1;
        store.run(one.request);
      }
      if (random(150) === 0) {
        gateways += 1;
        driver = successor(store, gateways, { limits });
      }
      expect(auditor.wrong(store)).toEqual([]);
    }
    pass(driver, 1000);
    expect(auditor.wrong(store)).toEqual([]);
    expect(driver.panics).toEqual([]);
    expect(lateCommits).toBeGreaterThan(50);
    expect(oldestKept(store)).toBeGreaterThan(20);
    for (const [id, state] of auditor.states) {
      const revision = (state.words[0] ?? 0) + 1;
      const ref = driver.submit(dig(id, 5000));
      pass(driver, 100, undefined, 5);
      expect(driver.answers.get(ref)).toEqual({ ref: BigInt(ref), outcome: "ok", revision });
    }
  },
);

/** Numbers below `below` from a seed. */
function generator(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
