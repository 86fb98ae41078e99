import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { FileTail } from "./file-tail.ts";

test("reads whole lines of a file that grows, and keeps the begun one until its rest comes", () => {
  const path = join(temporaryFolder(), "timeline.ndjson");
  const tail = new FileTail(path);
  expect(tail.next()).toBeUndefined();
  writeFileSync(path, "one\ntw");
  expect(tail.next()).toEqual(["one"]);
  expect(tail.next()).toBeUndefined();
  expect(tail.unfinished).toBe(true);
  appendFileSync(path, "o\n\nthree\n");
  expect(tail.next()).toEqual(["two", "three"]);
  expect(tail.unfinished).toBe(false);
});

test("reads a file in pieces, and loses nothing of a character that two pieces share", () => {
  const path = join(temporaryFolder(), "node.log");
  const lines = Array.from({ length: 40_000 }, (_, index) => `${index} läuft`);
  writeFileSync(path, `${lines.join("\n")}\n`);
  // Two files at a time, as a feed reads them.
  const [tail, other] = [new FileTail(path), new FileTail(path)];
  const read: string[] = [];
  let pieces = 0;
  for (let next = tail.next(); next !== undefined; next = tail.next()) {
    read.push(...next);
    other.next();
    pieces += 1;
  }
  expect(pieces).toBeGreaterThan(1);
  expect(read).toEqual(lines);
});

test("begins where it is told to, and takes what is no file for an empty one", () => {
  const folder = temporaryFolder();
  const path = join(folder, "node.log");
  writeFileSync(path, "one\ntwo\n");
  expect(new FileTail(path, 4).next()).toEqual(["two"]);
  expect(new FileTail(folder).next()).toBeUndefined();
});
