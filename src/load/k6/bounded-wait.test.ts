import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { settledWithin } from "./bounded-wait.ts";

/** As SIGSTOP does: nothing of this process goes on. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("what came while this process stood still came in time, though the bound is seen first", async () => {
  const reading = settledWithin(readFile("/dev/null", "utf8"), 50);
  standStill(1_200);
  expect(await reading).toEqual({ value: "" });
});

test("a bound that passes while this process goes on is the end of the wait", async () => {
  const begunMs = performance.now();
  expect(await settledWithin(new Promise(() => {}), 50)).toBeUndefined();
  expect(performance.now() - begunMs).toBeLessThan(900);
});
