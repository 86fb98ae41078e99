import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { HealClaim } from "./heal-claim.ts";

const never = new AbortController().signal;

afterEach(() => {
  vi.useRealTimers();
});

test("one heals at a time: the second waits for the first", async () => {
  const path = join(temporaryFolder(), "healing", "pause");
  const first = await HealClaim.take(path, never);
  const order: string[] = [];
  const waiting = HealClaim.take(path, never).then((claim) => {
    order.push("second");
    return claim;
  });
  await expect(HealClaim.take(path, AbortSignal.timeout(300))).rejects.toThrow();
  order.push("first gave it back");
  await first[Symbol.asyncDispose]();
  const second = await waiting;
  expect(order).toEqual(["first gave it back", "second"]);
  expect([first.lost.aborted, second.lost.aborted]).toEqual([false, false]);
  await second[Symbol.asyncDispose]();
});

test("who stands still while it heals is replaced, hears of it when it goes on, and takes nothing back", async () => {
  const path = join(temporaryFolder(), "healing", "pause");
  // Its beats are a timer, which stands still in a process that is stopped.
  vi.useFakeTimers({ toFake: ["setInterval"] });
  const stopped = await HealClaim.take(path, never);
  const next = await HealClaim.take(path, never);
  expect(stopped.lost.aborted).toBe(false);
  vi.advanceTimersByTime(300);
  await vi.waitFor(() => expect(stopped.lost.aborted).toBe(true));
  await stopped[Symbol.asyncDispose]();
  await expect(HealClaim.take(path, AbortSignal.timeout(200))).rejects.toThrow();
  await next[Symbol.asyncDispose]();
});
