/** Writes a phase's begin and end to the timeline once the load has got there. */
import type { Phase } from "../../scenarios/scenario.ts";
import type { RunRecorder } from "../record/run-recorder.ts";

export class PhaseTracker {
  #phases: readonly Phase[];
  readonly #recorder: Pick<RunRecorder, "phase">;
  #reachedS = -1;

  constructor(phases: readonly Phase[], recorder: Pick<RunRecorder, "phase">) {
    this.#phases = phases;
    this.#recorder = recorder;
  }

  /**
   * Other phases than were planned, from the second on that was reached: the one that is on then ends, if
   * another one is on by now.
   */
  rephase(phases: readonly Phase[]): void {
    const at = this.#reachedS;
    const nameIn = (all: readonly Phase[]) =>
      all.find(({ startS, endS }) => at >= startS && at < endS)?.name;
    const [before, now] = [nameIn(this.#phases), nameIn(phases)];
    this.#phases = phases;
    if (before === now || before === undefined || now === undefined) return;
    this.#recorder.phase(at, before, "end");
    this.#recorder.phase(at, now, "begin");
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
