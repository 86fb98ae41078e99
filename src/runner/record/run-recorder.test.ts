import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { createRunFolder, runFile } from "../../recording/run-folder.ts";
import { parseTimelineEvent } from "../../recording/timeline/events.ts";
import type { ProbeNews } from "../../runtime/runtime.ts";
import { StopSwitch } from "../stop-cause.ts";
import { RunRecorder } from "./run-recorder.ts";

test("what a probe found stands at its own second, and before the load it is a note", async () => {
  const folder = await createRunFolder(temporaryFolder(), sampleRun.runId, []);
  const clock = { nowMs: () => 0, monotonicMs: () => 60_000 };
  const recorder = new RunRecorder(folder, sampleRun, new StopSwitch(), clock);
  await recorder.open();
  const news: ProbeNews = {
    ...{ nodeId: "etcd/1", pid: 7, probe: "liveness", state: "failed" },
    ...{ detail: "no answer within 200 ms, 2 times in a row", atMonotonicMs: 59_000 },
  };
  recorder.probed(news);
  recorder.begin({ monotonicMs: 61_000, unixMs: 0 });
  recorder.probed({ ...news, atMonotonicMs: 66_500 });
  await recorder.close(undefined);
  const lines = readFileSync(runFile(folder, "timeline"), "utf8").trim().split("\n");
  const told = lines.map((line) => parseTimelineEvent(line));
  expect(told).toEqual([
    {
      ...{ t: -1, kind: "note", by: "hunt" },
      text: "liveness of etcd/1 failed: no answer within 200 ms, 2 times in a row",
    },
    {
      ...{ t: 5.5, kind: "probe", node: "etcd/1", probe: "liveness", state: "failed" },
      detail: "no answer within 200 ms, 2 times in a row",
    },
  ]);
});
