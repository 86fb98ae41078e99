/** `checker/1`, where a lane of the run can be checked while it goes on, and what it finds. */
import type { LiveEvidence } from "../../checkers/lane-evidence.ts";
import { checkerNodeId, startChecker, stopChecker } from "../../checkers/live/checker-node.ts";
import type { LiveCounts } from "../../checkers/live/live-check.ts";
import type { Companion } from "../../lanes/companion.ts";
import type { CheckedSoFar } from "../../load/progress.ts";
import { LiveChecks } from "../live/live-checks.ts";
import type { RunContext } from "../run-context.ts";

export function liveChecker(context: RunContext): readonly Companion[] {
  const lanes = liveLanes(context);
  const names = Object.keys(lanes);
  if (names.length === 0) return [];
  const { dependencies, recorder, backend, progress } = context;
  const stop = () => stopChecker(backend);
  let checks: LiveChecks | undefined;
  const known = new Map<string, LiveCounts | undefined>(names.map((lane) => [lane, undefined]));
  const ended = "ended before the load did: nothing is told of it until then";
  return [
    {
      nodes: [{ id: checkerNodeId, endedEarly: ended }],
      start: async () => {
        const files = { ...dependencies.files, folder: recorder.folder, lanes: names };
        const { logPath } = await startChecker(backend, files);
        progress.setChecked(checkedSoFar(known));
        checks = new LiveChecks({
          ...{ logPath, lanes },
          view: {
            counts: (lane, counts) => {
              known.set(lane, counts);
              progress.setChecked(checkedSoFar(known));
            },
            line: (line) => dependencies.view.line(line, "timeline"),
          },
        });
      },
      collectors: () => (checks === undefined ? [] : [checks]),
      drain: stop,
      stop,
    },
  ];
}

function liveLanes({ request, dependencies }: RunContext): Readonly<Record<string, LiveEvidence>> {
  const { document } = request;
  return Object.fromEntries(
    dependencies.evidence.flatMap(({ lane, live }) =>
      lane in document.lanes && live?.watches(document) === true ? [[lane, live] as const] : [],
    ),
  );
}

/** Of all lanes together; what is not known of one is not known. */
function checkedSoFar(known: ReadonlyMap<string, LiveCounts | undefined>): CheckedSoFar {
  const all = (figure: keyof CheckedSoFar) => {
    let sum = 0;
    for (const counts of known.values()) {
      const value = counts?.figures[figure] ?? null;
      if (value === null) return null;
      sum += value;
    }
    return sum;
  };
  return { lost: all("lost"), twice: all("twice") };
}
