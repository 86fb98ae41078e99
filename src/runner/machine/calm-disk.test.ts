import { expect, test } from "vitest";
import type { DiskAnswer } from "../../metrics/collect/collect-disk.ts";
import { awaitCalmDisk } from "./calm-disk.ts";

/** Plays answers on a clock that moves while it waits; after the last one the disk is calm. */
async function waited(
  answers: readonly (number | "under way" | Error)[],
  { afterSpoiledRun = false, stopAfter = Number.POSITIVE_INFINITY, always = false } = {},
) {
  const told: string[] = [];
  const stop = new AbortController();
  let nowMs = 1_000;
  let asked = 0;
  await awaitCalmDisk({
    ask: async (): Promise<DiskAnswer> => {
      const answer = answers[always ? asked % answers.length : asked] ?? 0;
      asked += 1;
      if (answer instanceof Error) throw answer;
      if (answer === "under way") return { syncs: 0, maxMs: 0, stalls: [] };
      const stalls = answer === 0 ? [] : [{ atMonotonicMs: 0, forMs: answer }];
      return { syncs: 10, maxMs: Math.max(answer, 0.3), stalls };
    },
    afterSpoiledRun,
    monotonicMs: () => nowMs,
    pause: async (ms) => {
      nowMs += ms;
      if (asked >= stopAfter) stop.abort();
    },
    signal: stop.signal,
    tell: (line) => told.push(line),
  });
  return { waitedS: (nowMs - 1_000) / 1000, told };
}

test("a calm disk is not waited for", async () => {
  expect(await waited([0])).toEqual({ waitedS: 0, told: [] });
});

test("a disk that stood still is waited for until it is calm for 5 s", async () => {
  expect(await waited([350])).toEqual({
    waitedS: 5,
    told: [
      "disk stood still for 350 ms: waiting for 5 calm seconds, at most 30 s",
      "disk calm for 5 s, after 5 s of waiting",
    ],
  });
  // Once more after 4 s: the 5 s begin again.
  expect(await waited([350, 0, 0, 0, 0, 0, 0, 0, 90])).toMatchObject({ waitedS: 9 });
});

test("a sync that does not end is a disk that stands still, but for one that has not begun", async () => {
  expect((await waited(["under way", "under way", "under way", 1200])).told).toEqual([
    "disk stands still: waiting for 5 calm seconds, at most 30 s",
    "disk calm for 5 s, after 7 s of waiting",
  ]);
  expect(await waited(["under way", 0])).toEqual({ waitedS: 0.5, told: [] });
});

test("a disk that does not come to rest is played on", async () => {
  const { waitedS, told } = await waited([80, 0, 0, 0], { always: true });
  expect(waitedS).toBe(30);
  expect(told.at(-1)).toBe("disk not calm for 5 s within 30 s: playing all the same");
});

test("after a run that it spoiled, the disk has to be calm for 10 s, for which three minutes are waited", async () => {
  expect(await waited([0], { afterSpoiledRun: true })).toEqual({
    waitedS: 10,
    told: [
      "disk stood still in the run before: waiting for 10 calm seconds, at most 180 s",
      "disk calm for 10 s, after 10 s of waiting",
    ],
  });
  const restless = await waited([0, 0, 0, 60], { afterSpoiledRun: true, always: true });
  expect(restless.waitedS).toBe(180);
  expect(restless.told.at(-1)).toContain("not calm for 10 s within 180 s");
});

test("a probe that does not answer is waited for a moment, and then named", async () => {
  const refused = new Error("ECONNREFUSED");
  expect(await waited([refused, refused, 0])).toEqual({ waitedS: 1, told: [] });
  expect(await waited([refused], { always: true })).toEqual({
    waitedS: 5,
    told: ["whether the disk is calm is not known: the probe does not answer: Error: ECONNREFUSED"],
  });
});

test("a run that is stopped waits no longer", async () => {
  const { waitedS, told } = await waited([400], { afterSpoiledRun: true, stopAfter: 3 });
  expect(waitedS).toBe(1.5);
  expect(told).toHaveLength(1);
});
