import { lutimesSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { programStates } from "./program-state.ts";

test("programs that HUNT_BIN_DIR names are there or missing, never outdated", () => {
  const packageRoot = checkout();
  const folder = temporaryFolder();
  writeFileSync(join(folder, "etcd"), "x");
  link(join(folder, "etcdctl"), join(folder, "etcd"), 1_000);
  writeFileSync(join(folder, "k6"), "");
  const places = { packageRoot, variables: { HUNT_BIN_DIR: folder } };
  expect([...programStates(["etcd", "etcdctl", "k6", "keeper"], places)]).toEqual([
    ["etcd", "there"],
    ["etcdctl", "there"],
    ["k6", "missing"],
    ["keeper", "missing"],
  ]);
});

function checkout(): string {
  const root = temporaryFolder();
  for (const path of ["native/go.mod", "scripts/x.mjs", "src/engines/programs/programs.ts"]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  }
  return root;
}

function link(path: string, target: string, seconds: number): void {
  symlinkSync(target, path);
  lutimesSync(path, seconds, seconds);
}
