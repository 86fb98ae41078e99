import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { checkSpace, fileSystemOf } from "./check-space.ts";

async function freeOf(folder: string): Promise<number> {
  const found = await fileSystemOf(folder);
  if (found === undefined) throw new Error(`${folder} has no file system`);
  return found.freeBytes;
}

function place(folder: string, bytes: number, likely = false) {
  return { folder, movedBy: "TMPDIR", parts: [{ what: "logs of etcd", bytes, likely }] };
}

test("two folders that fit alone, but not together on their one file system, are refused with both", async () => {
  const folder = temporaryFolder();
  const free = await freeOf(folder);
  const reports = join(folder, "not", "there", "yet");
  expect(await checkSpace([place(folder, 0.7 * free)])).toEqual([]);
  await expect(
    checkSpace([place(folder, 0.7 * free), place(reports, 0.7 * free)]),
  ).rejects.toMatchObject({
    exitCode: 3,
    code: "environment.too-little-space",
    message: expect.stringContaining(`${folder} and ${reports} (one file system)`),
    hint: expect.stringContaining(
      `Nothing was started. Make room, or name another folder: TMPDIR instead of ${folder}`,
    ),
  });
});

test("folders of two file systems are held against each its own", async () => {
  const folder = temporaryFolder();
  const free = await freeOf(folder);
  const inMemory = await freeOf("/dev/shm");
  const found = await checkSpace([place(folder, 0.7 * free), place("/dev/shm", 0.7 * inMemory)]);
  expect(found).toEqual([]);
  await expect(checkSpace([place("/dev/shm", 2 * inMemory)])).rejects.toThrow(
    /^\/dev\/shm: \d+ MB are free, \d+ MB are needed\n +\d+ MB {2}\/dev\/shm: logs of etcd$/,
  );
});

test("what is only likely to be needed is a warning", async () => {
  const folder = temporaryFolder();
  const free = await freeOf(folder);
  const [warning, ...others] = await checkSpace([place(folder, 2 * free, true)]);
  expect(warning).toMatch(/^warning: .* are free, 0.0 MB are needed, \d+ MB more if all that is/);
  expect(others).toEqual([]);
});

test("df's word for what is free is hunt's", async () => {
  const { stdout } = await promisify(execFile)("df", ["--output=avail", "-B1", "/dev/shm"]);
  const told = Number(stdout.trim().split("\n").at(-1));
  expect(Math.abs((await freeOf("/dev/shm")) - told)).toBeLessThan(50e6);
});
