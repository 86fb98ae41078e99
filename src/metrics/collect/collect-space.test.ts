import { statfs } from "node:fs/promises";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { spaceCollector } from "./collect-space.ts";

test("a folder that is short of space is told once, with what is free, and sampled each time", async () => {
  const folder = temporaryFolder();
  const { bavail, bsize } = await statfs(folder);
  const events: TimelineEvent[] = [];
  const samples: number[] = [];
  const sink = {
    event: (event: TimelineEvent) => void events.push(event),
    sample: (_: number, series: string, value: number) => {
      expect(series).toBe("machine.tempFreeBytes");
      samples.push(value);
    },
    histogram: () => {},
  };
  const reading = { t: 3, startMs: 0, sink, signal: AbortSignal.timeout(5_000) };
  const roomy = spaceCollector({ place: "temp", folder, shortBytes: 0 });
  await roomy.read(reading);
  expect(events).toEqual([]);
  const full = spaceCollector({ place: "temp", folder, shortBytes: 2 * bavail * bsize });
  await full.read(reading);
  await full.read(reading);
  expect(events).toMatchObject([{ t: 3, kind: "space", state: "short", place: "temp", folder }]);
  expect(samples).toHaveLength(3);
});
