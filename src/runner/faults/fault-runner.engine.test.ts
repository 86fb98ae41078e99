import { expect, test } from "vitest";
import {
  localRun,
  scriptProgram,
  scriptTopology,
} from "../../../test/fixtures/runtime/local-run.ts";
import { sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { sessionsLane } from "../../lanes/sessions/sessions-lane.ts";
import { createRunFolder } from "../../recording/run-folder.ts";
import { resolveScenario } from "../../scenarios/resolve-scenario.ts";
import { RunRecorder } from "../record/run-recorder.ts";
import { plainView } from "../run-view.ts";
import { StopSwitch } from "../stop-cause.ts";
import { FaultRunner } from "./fault-runner.ts";

test("a fault that was due while hunt stood still is left out, and said to have failed", async () => {
  const topology = scriptTopology();
  await using backend = await localRun(temporaryFolder()).up(topology, {
    programs: { proxy: scriptProgram("setInterval(() => {}, 1000)") },
  });
  let stoodStillMs = 0;
  const monotonicMs = () => performance.now() + stoodStillMs;
  const clock = { nowMs: () => 0, monotonicMs };
  const stop = new StopSwitch();
  const folder = await createRunFolder(temporaryFolder(), sampleRun.runId, ["sessions"]);
  const recorder = new RunRecorder(folder, sampleRun, stop, clock);
  const scenario = await resolveScenario({
    ...{ scenario: "smoke", durationS: 40 },
    faults: ["pause proxy/1 at 20s for 4s"],
  });
  const faults = new FaultRunner({
    request: { scenario, lanes: [sessionsLane] as const, document: sampleRun },
    dependencies: {
      files: { nodeBinary: process.execPath, packageRoot: "" },
      clock,
      stop,
      view: plainView({ write: () => {} }),
    },
    ...{ recorder, backend },
  });
  faults.start(monotonicMs() - 19_900);
  stoodStillMs = 3_000;
  await expect.poll(() => faults.events).toHaveLength(1);
  await faults.finish();
  await recorder.close(undefined);
  const [{ t, ...failed } = { t: 0 }] = faults.events;
  // Node's timers count whole milliseconds, and fire up to one of them early.
  expect(t).toBeGreaterThanOrEqual(22.999);
  expect(failed).toMatchObject({ fault: "pause", state: "failed" });
  expect(failed).toHaveProperty(
    "detail",
    expect.stringMatching(/^it was due 3\.\d s ago: hunt stood still/),
  );
  expect(backend.status()).toMatchObject([{ nodeId: "proxy/1", state: "ready" }]);
});
