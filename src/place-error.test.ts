import { openSync, writeSync } from "node:fs";
import { expect, test } from "vitest";
import { placeError } from "./place-error.ts";

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("expected it to fail");
}

test("a full disk is the environment's fault, wherever hunt meets it", () => {
  const error = placeError(thrownBy(() => writeSync(openSync("/dev/full", "w"), "x")));
  expect(error).toMatchObject({
    exitCode: 3,
    message: "could not write: ENOSPC: no space left on device, write",
    hint: expect.stringContaining("TMPDIR"),
  });
});

test("a missing file and a wrong type stay bugs", () => {
  expect(placeError(thrownBy(() => openSync("/nowhere/x", "r")))).toBeUndefined();
  expect(placeError(new TypeError("x is undefined"))).toBeUndefined();
});
