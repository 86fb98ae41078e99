/** Plays lanes with a generator that knows the fake one, from nothing to a judged recording. */
import { join } from "node:path";
import { binaryPath } from "../../src/engines/programs/binaries.ts";
import { systemEnvironment } from "../../src/environment.ts";
import { laneEvidences } from "../../src/lanes/evidence.ts";
import type { ChosenLane, Lane } from "../../src/lanes/lane.ts";
import { programsOf } from "../../src/lanes/programs-of.ts";
import { topologyOf } from "../../src/lanes/topology-of.ts";
import { newRunId } from "../../src/recording/run-folder.ts";
import { versions } from "../../src/runner/machine/versions.ts";
import { newRunDocument } from "../../src/runner/record/run-document.ts";
import { type RunResult, runScenario } from "../../src/runner/run-scenario.ts";
import { plainView } from "../../src/runner/run-view.ts";
import { StopSwitch } from "../../src/runner/stop-cause.ts";
import { createLocalRuntime } from "../../src/runtime/local/local-runtime.ts";
import { resolveScenario } from "../../src/scenarios/resolve-scenario.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";
import { tallyEvidence } from "./tally-evidence.ts";

export interface PlayLanesOptions {
  readonly scenario: Scenario;
  readonly lanes: readonly [ChosenLane, ...ChosenLane[]];
  /** Path of a k6 that plays them (`native/k6/cmd/k6-fake`). */
  readonly generator: string;
  readonly reportsDir: string;
  readonly tmpDir: string;
  readonly say: (line: string) => void;
}

export async function playLanes(options: PlayLanesOptions): Promise<RunResult> {
  const { lanes, reportsDir, tmpDir, say } = options;
  const environment = systemEnvironment();
  const { packageRoot, nodeBinary, variables, clock, pid } = environment;
  const files = { nodeBinary, packageRoot };
  const scenario = await resolveScenario({ scenario: options.scenario, lanes });
  const topology = topologyOf(
    lanes.map(({ lane, settings }) => ({
      lane,
      options: { ...settings, design: lane.defaultDesign, seed: scenario.plan.seed },
    })),
  );
  const startedAt = new Date(clock.nowMs());
  const runId = newRunId(scenario.name, startedAt, environment.random() / 2 ** 32);
  const [first, ...others] = lanes.map(({ lane }) => lane);
  if (first === undefined) throw new Error("no lane plays");
  const playing: readonly [Lane, ...Lane[]] = [first, ...others];
  const document = newRunDocument({
    ...{ runId, scenario, lanes, topology, startedAt, runtime: "local" },
    versions: versions(packageRoot, playing),
    replay: "",
  });
  return await runScenario(
    { runId, scenario, lanes: playing, topology, document, reportsDir },
    {
      runtime: createLocalRuntime({
        keeperProgram: binaryPath("keeper", variables),
        tmpDir,
        environment: variables,
      }),
      programs: programsOf(playing, files),
      generator: {
        binary: options.generator,
        scriptsDir: join(packageRoot, "src", "scenarios", "k6"),
      },
      files,
      warden: join(import.meta.dirname, "warden.ts"),
      evidence: [...laneEvidences, tallyEvidence],
      linearize: binaryPath("linearize", variables),
      ...{ huntPid: pid, tmpDir, clock, stop: new StopSwitch() },
      view: plainView({ write: say }),
    },
  );
}
