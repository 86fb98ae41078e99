/** Everything that is read once a second while the load goes on: of the lanes' nodes, the machine, and the companions. */
import type { Companion } from "../../lanes/companion.ts";
import { processCollector } from "../../metrics/collect/collect-processes.ts";
import { spaceCollector } from "../../metrics/collect/collect-space.ts";
import {
  type Collector,
  type RunningCollectors,
  startCollectors,
} from "../../metrics/collect/collector.ts";
import type { MetricsSink } from "../../metrics/sink.ts";
import type { RunContext } from "../run-context.ts";
import { megabytes } from "../space/check-space.ts";
import { passingNodes } from "./passing-nodes.ts";

/** What a busy run writes in some ten seconds. */
const shortOfReportsBytes = 5e6;

interface Collecting extends Companion {
  /** One more reading of everything. */
  sampleNow(): Promise<void>;
}

/** @param companions All of them, with what each wants read. */
export function collecting(
  context: RunContext,
  companions: () => readonly Companion[],
): Collecting {
  const { dependencies, recorder } = context;
  let running: RunningCollectors | undefined;
  const sampleNow = async () => await running?.sampleNow();
  return {
    begin: (startMs) => {
      const all = [
        ...ofLanes(context),
        ...ofMachine(context, passingNodes(companions())),
        ...companions().flatMap((each) => each.collectors?.() ?? []),
      ];
      const sink = alsoShowing(recorder.sink, context);
      running = startCollectors(all, { sink, startMs, clock: dependencies.clock });
    },
    drain: sampleNow,
    sampleNow,
    stop: () => running?.stop(),
  };
}

function ofLanes({ request, backend }: RunContext): Collector[] {
  return request.lanes.flatMap((lane) => lane.collectors(request.topology, backend.addresses));
}

function ofMachine(
  { request, dependencies, backend, otherRuns }: RunContext,
  leftOut: ReadonlySet<string>,
): Collector[] {
  const { tmpDir, huntPid, view } = dependencies;
  const shortBytes = Math.max(...request.lanes.map((lane) => lane.shortOfSpaceBytes));
  return [
    processCollector(
      () => [{ nodeId: "hunt", pid: huntPid, before: true }, ...view.processes()],
      async () => (await backend.figures()).filter(({ nodeId }) => !leftOut.has(nodeId)),
    ),
    otherRuns.collector(),
    spaceCollector({ place: "temp", folder: tmpDir, shortBytes }),
    spaceCollector({
      place: "reports",
      folder: request.reportsDir,
      shortBytes: shortOfReportsBytes,
    }),
  ];
}

/** What a person sees too: histograms in the progress line, and what an engine says of itself in its own. */
function alsoShowing(sink: MetricsSink, { dependencies, progress }: RunContext): MetricsSink {
  const line = (text: string) => dependencies.view.line(text, "timeline");
  return {
    event: (event) => {
      sink.event(event);
      if (event.kind === "space") {
        const { t, folder, freeBytes } = event;
        line(`at t=${t.toFixed(1)}s ${folder} has ${megabytes(freeBytes)} free`);
      }
      if (event.kind !== "alarm") return;
      const { alarm, state, node, detail } = event;
      line(`alarm ${alarm} ${state} on ${node} at t=${event.t.toFixed(1)}s: ${detail}`);
    },
    sample: (t, series, value) => sink.sample(t, series, value),
    histogram: (series, second, hdr) => {
      sink.histogram(series, second, hdr);
      progress.addHistogram(series, hdr);
    },
  };
}
