/** What the read paths of the lanes return when the load is over. */
import type { Companion, LaneRun } from "../../lanes/companion.ts";
import type { RunContext } from "../run-context.ts";

export function finalReads(context: RunContext): Companion {
  const { request, dependencies, recorder } = context;
  return {
    drain: async (isFinished) => {
      if (!isFinished) return;
      for (const lane of request.lanes) {
        const begunMs = dependencies.clock.monotonicMs();
        const what = await lane.finalReads(laneRun(context));
        const tookS = ((dependencies.clock.monotonicMs() - begunMs) / 1000).toFixed(1);
        const line = `final reads: ${what}, in ${tookS} s`;
        recorder.note(line);
        dependencies.view.line(line);
      }
    },
  };
}

/** The run as its lanes' companions see it. */
export function laneRun({ request, dependencies, recorder, backend }: RunContext): LaneRun {
  const { files, tmpDir, clock, stop } = dependencies;
  return {
    run: request.document,
    folder: recorder.folder,
    backend,
    files,
    tmpDir,
    clock,
    signal: stop.signal,
    event: (event) => recorder.sink.event(event),
  };
}
