/** A run whose backend is up, as everything that plays or watches its load sees it. */
import type { Progress } from "../load/progress.ts";
import type { Backend } from "../runtime/runtime.ts";
import type { FaultRunner } from "./faults/fault-runner.ts";
import type { OtherRuns } from "./machine/other-runs.ts";
import type { RunRecorder } from "./record/run-recorder.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { RunDependencies, RunRequest } from "./run-scenario.ts";

export interface RunContext {
  readonly request: RunRequest;
  readonly dependencies: RunDependencies;
  readonly recorder: RunRecorder;
  readonly backend: Backend;
  readonly faults: FaultRunner;
  readonly otherRuns: OtherRuns;
  readonly progress: Progress;
  readonly rehearsal?: Rehearsal | undefined;
}
