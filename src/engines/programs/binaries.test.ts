import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { binaryPath } from "./binaries.ts";

test("HUNT_BIN_DIR says where programs are", () => {
  const folder = temporaryFolder();
  const program = join(folder, "etcd");
  writeFileSync(program, "");
  chmodSync(program, 0o755);
  expect(binaryPath("etcd", { HUNT_BIN_DIR: folder })).toBe(program);
});

test("a program that is missing or not executable is an environment error with a way out", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "k6"), "");
  for (const name of ["etcd", "k6"] as const) {
    expect(() => binaryPath(name, { HUNT_BIN_DIR: folder })).toThrow(
      expect.objectContaining({
        code: "engine.binary-missing",
        exitCode: 3,
        message: expect.stringContaining(join(folder, name)),
        hint: expect.stringContaining("HUNT_BIN_DIR"),
      }),
    );
  }
});
