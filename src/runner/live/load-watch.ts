/** Takes in each second that the generator hands over: to the recording, to the alerts, and in words. */
import type { SecondFrame } from "../../load/frames/frames.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { Phase } from "../../scenarios/scenario.ts";
import type { RunRecorder } from "../record/run-recorder.ts";
import type { RunContext } from "../run-context.ts";
import { LiveAlerts } from "./live-alerts.ts";
import { PhaseTracker } from "./phase-tracker.ts";

export class LoadWatch {
  readonly #context: RunContext;
  readonly #alerts: LiveAlerts;
  readonly #phases: PhaseTracker;

  /** @throws HuntError (exit code 2) when a budget of the run cannot be parsed. */
  constructor(context: RunContext) {
    const { request, dependencies, recorder } = context;
    const line = (text: string) => dependencies.view.line(text, "timeline");
    this.#context = context;
    this.#alerts = new LiveAlerts(request.document, recorder.sink, line);
    this.#phases = new PhaseTracker(request.scenario.phases, recorder);
  }

  /** A fault by hand, or a heal, has cut the phases anew. */
  rephase(phases: readonly Phase[], run: RunDocument): void {
    const { progress } = this.#context;
    this.#alerts.rephase(run);
    this.#phases.rephase(phases);
    progress.rephase(phases);
  }

  /** Phases follow the frames, so that the timeline holds only what was reached. */
  addFrame(frame: SecondFrame): void {
    const { recorder, dependencies, progress } = this.#context;
    record(recorder, frame);
    this.#alerts.addFrame(frame);
    this.#phases.reached(frame.second + 1);
    const line = progress.addFrame(frame);
    if (line !== undefined) dependencies.view.line(line);
  }
}

function record({ sink }: RunRecorder, frame: SecondFrame): void {
  for (const { action, second, ...counts } of frame.counts) sink.counts(second, action, counts);
  for (const { series, second, hdr } of frame.histograms) sink.histogram(series, second, hdr);
  for (const { action, second, count } of frame.open) {
    sink.sample(frame.second, `${action}.open@${second}`, count);
  }
  const lanes = Object.entries(frame.lanes);
  for (const counters of [frame.generator, ...lanes.map(([, { counters }]) => counters)]) {
    for (const [name, value] of Object.entries(counters)) {
      sink.sample(frame.second, `generator.${name}`, value);
    }
  }
  for (const [id, lane] of lanes) recordReads(sink, id, lane);
  sink.endFrame(frame.second);
}

function recordReads(
  sink: RunRecorder["sink"],
  lane: string,
  { compared, findings }: SecondFrame["lanes"][string],
): void {
  for (const { second, ...each } of compared) {
    sink.event({ t: second, kind: "reads", lane, ...each });
  }
  for (const { sentUs, acknowledgedUs, ...finding } of findings) {
    const acknowledged =
      acknowledgedUs === undefined ? {} : { acknowledgedAtS: acknowledgedUs / 1e6 };
    sink.event({ t: sentUs / 1e6, kind: "read-violation", lane, ...finding, ...acknowledged });
  }
}
