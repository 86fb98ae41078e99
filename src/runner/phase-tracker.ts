/** Writes a phase's begin and end to the timeline once the load has got there. */
import type { Phase } from "../scenarios/scenario.ts";
import type { RunRecorder } from "./run-recorder.ts";

export class PhaseTracker {
  readonly #phases: readonly Phase[];
  readonly #recorder: Pick<RunRecorder, "phase">;
  #reachedS = -1;

  constructor(phases: readonly Phase[], recorder: Pick<RunRecorder, "phase">) {
    this.#phases = phases;
    this.#recorder = recorder;
  }

  /** Every boundary up to run second `second` has been passed. Seconds only go forward. */
  reached(second: number): void {
    const passed = (boundary: number) => boundary > this.#reachedS && boundary <= second;
    for (const { name, startS, endS } of this.#phases) {
      if (passed(startS)) this.#recorder.phase(startS, name, "begin");
      if (passed(endS)) this.#recorder.phase(endS, name, "end");
    }
    this.#reachedS = Math.max(this.#reachedS, second);
  }
}
