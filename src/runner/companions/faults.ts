/** The faults of a run; in a rehearsal the run ends with the last of them, and its document with it. */
import type { Companion } from "../../lanes/companion.ts";
import { cutRun } from "../cut-run.ts";
import { wardenNodeId } from "../faults/fault-runner.ts";
import type { RunContext } from "../run-context.ts";

export function faultsOf(context: RunContext): readonly Companion[] {
  const { faults } = context;
  const finish = () => faults.finish();
  const ended = "ended before its hunt did; the next fault starts another";
  return [
    {
      nodes: [{ id: wardenNodeId, endedEarly: ended }],
      begin: (startMs) => faults.start(startMs),
      drain: finish,
      stop: finish,
    },
    ...cutOf(context),
  ];
}

function cutOf({ request, recorder, faults, rehearsal }: RunContext): readonly Companion[] {
  if (rehearsal === undefined) return [];
  let enoughAtS = 0;
  rehearsal.over.addEventListener("abort", () => {
    enoughAtS = recorder.now();
  });
  return [
    {
      drain: () => {
        if (!rehearsal.over.aborted) return;
        const end = { endS: Math.floor(enoughAtS), events: faults.events };
        recorder.amend((document) => cutRun(document, request.scenario.faults, end));
      },
    },
  ];
}
