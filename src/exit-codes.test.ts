import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { exitCodes, signalExitCode } from "./exit-codes.ts";

test("docs/exit-codes.md lists every exit code by its name, and no other", async () => {
  const page = await readFile(new URL("../docs/exit-codes.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) \| (\w+) \|/gm)];
  const documented = Object.fromEntries(rows.map(([, code, name]) => [name, Number(code)]));
  expect(documented).toEqual(exitCodes);
});

test("Ctrl-C ends with 130, every other signal that ends hunt with 143", () => {
  expect(signalExitCode("SIGINT")).toBe(130);
  expect(signalExitCode("SIGTERM")).toBe(143);
  expect(signalExitCode("SIGHUP")).toBe(143);
});
