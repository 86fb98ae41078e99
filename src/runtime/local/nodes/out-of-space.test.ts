import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import { outOfSpaceWords } from "./out-of-space.ts";

function log(...lines: readonly string[]): string {
  const path = join(temporaryFolder(), "etcd-1.log");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const trace = Array.from({ length: 40 }, (_, depth) => `goroutine frame ${depth}`);

test("a node whose disk was full is known by its own words, before a trace of forty lines", async () => {
  const words = '{"msg":"failed to commit tx","error":"write db: no space left on device';
  const path = log("started", `${words}","stacktrace":"go.etcd.io/etcd"}`, ...trace);
  expect(await outOfSpaceWords(path)).toBe(words);
});

test("a node that ended of something else, or said nothing, is not taken for one", async () => {
  expect(await outOfSpaceWords(log("mvcc: database space exceeded", ...trace))).toBeUndefined();
  expect(await outOfSpaceWords("/nowhere/etcd-1.log")).toBeUndefined();
});
