import { expect, test } from "vitest";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import { summarise } from "../summarise.ts";

test("a folder that ran out of space is the first reason, and the node that it ended is told once", async () => {
  const detail = "etcd/2 (pid 7) ended with exit code 1 since /tmp was full";
  const state = { kind: "partial", reason: "disk-full", detail: `${detail}. Move it` } as const;
  await using fixture = await recordFixture({ ...sampleRun, state }, (writer) => {
    for (let second = 0; second < 20; second += 1) writeQuietSecond(writer, second);
    const space = { kind: "space", place: "temp", folder: "/tmp", freeBytes: 3e6 } as const;
    writer.event({ ...space, t: 12.26, state: "short" });
    writer.event({ t: 13, kind: "node", node: "etcd/2", state: "lost", detail });
    writer.event({ ...space, t: 14, state: "enough" });
    writer.event({ ...space, t: 15, state: "short" });
  });
  const reader = await openRecording(fixture.folder.path);
  const { verdict } = await summarise(reader, async () => []);
  expect(verdict.outcome).toBe("inconclusive");
  expect(verdict.reasons[0]).toMatch(/^The folder \/tmp had 3\.0 MB free by 12\.3 s\. .*TMPDIR/);
  const told = verdict.reasons.filter((reason) => reason.includes("etcd/2"));
  expect(told).toEqual([
    "The recording is partial (disk-full): etcd/2 (pid 7) ended with exit code 1 since /tmp was full. Move it.",
  ]);
});
