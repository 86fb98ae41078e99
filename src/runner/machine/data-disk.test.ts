import { expect, test } from "vitest";
import { memoryDiskWarning } from "./data-disk.ts";

test("a folder in memory is warned of, one on a disk and one that is not there are not", async () => {
  expect(await memoryDiskWarning("/dev/shm")).toContain("/dev/shm is in memory");
  expect(await memoryDiskWarning("/")).toBeUndefined();
  expect(await memoryDiskWarning("/nowhere")).toBeUndefined();
});
