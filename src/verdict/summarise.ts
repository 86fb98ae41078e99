/** Recording -> summary. Nothing but the recording is read, so a run can be judged again at any time. */
import { optional } from "../optional.ts";
import type { DamagedFile, RecordingReader } from "../recording/recording-reader.ts";
import { runFiles } from "../recording/run-folder.ts";
import { recordedAlerts } from "./budgets/alerts.ts";
import type { Budget } from "./budgets/budget.ts";
import { parseBudget } from "./budgets/budget-grammar.ts";
import { budgetResult } from "./budgets/budget-result.ts";
import { isPercentile } from "./budgets/budget-subject.ts";
import { measureLanes, measureResources } from "./budgets/measure.ts";
import { measuredWindow } from "./budgets/measured-window.ts";
import { couplingNotes, couplings } from "./faults/couplings.ts";
import { drillProblems, drillResult } from "./faults/drill-result.ts";
import { faultProblems, faultResults } from "./faults/fault-results.ts";
import { asEvidence, judge } from "./judge.ts";
import {
  type BudgetResult,
  type GuaranteeResult,
  type Summary,
  summarySchemaVersion,
} from "./summary-document.ts";
import { alarmCauses } from "./validity/alarms.ts";
import { diskStallNotes, diskStalls } from "./validity/disk-stalls.ts";
import { generatorResult } from "./validity/generator-validity.ts";
import { otherRuns } from "./validity/other-runs.ts";
import { slowDiskNotes } from "./validity/slow-disk.ts";
import { spaceCauses } from "./validity/space.ts";
import { clockNotes, standstillProblems, standstills } from "./validity/standstills.ts";
import { vacuityProblems } from "./validity/vacuity.ts";

/** Runs checkers over a recording; `checkLanes` of `src/checkers/` is the one of every run. */
export type GuaranteeCheck = (reader: RecordingReader) => Promise<readonly GuaranteeResult[]>;

export interface SummariseOptions {
  /** Judge by these budgets instead of the recording's own. */
  readonly budgets?: readonly string[];
  /** Judge by the guarantees alone: no budgets, no drill's score, no lateness of the generator. */
  readonly guaranteesOnly?: boolean;
}

/** @throws HuntError (exit code 2) when a budget cannot be parsed. */
export async function summarise(
  reader: RecordingReader,
  check: GuaranteeCheck,
  options: SummariseOptions = {},
): Promise<Summary> {
  const { run } = reader;
  const guaranteesOnly = options.guaranteesOnly === true;
  const chosen = guaranteesOnly ? [] : (options.budgets ?? run.budgets);
  const budgets = chosen.map((text) => parseBudget(text, run));
  const generator = generatorResult(reader, budgets);
  const steadyState = (run.drill?.steadyState ?? []).map((text) => parseBudget(text, run));
  const alerts = recordedAlerts(reader, [...budgets, ...steadyState]);
  const faults = await faultResults(reader, budgets, alerts);
  const stalls = diskStalls(reader);
  const conditions = { faults, stalls, standstills: standstills(reader) };
  const budgetResults = asEvidence(
    budgets.map((budget) => onWhatIsLeft(reader, budget, budgetResult(reader, budget, conditions))),
    { generator, partial: cutShort(reader) },
  );
  const guarantees = [...(await check(reader))];
  const coupled = couplings(reader, { faults, alerts });
  const drill = drillResult(reader, { faults, alerts, guarantees, generator });
  const others = otherRuns(reader);
  const window = measuredWindow(run);
  return {
    schemaVersion: summarySchemaVersion,
    runId: run.runId,
    scenario: run.scenarioName,
    seed: run.seed,
    runtime: run.runtime,
    startedAt: run.startedAt,
    durationS: run.durationS,
    measured: window.map((range) => ({ ...range })),
    partial: partialOf(reader),
    verdict: judge({
      generator: guaranteesOnly ? undefined : generator,
      guarantees,
      budgets: budgetResults,
      recordingProblems: [
        ...recordingProblems(reader),
        ...faultProblems(faults),
        ...vacuityProblems(reader, faults),
        ...(guaranteesOnly ? [] : [...standstillProblems(reader), ...drillProblems(drill)]),
      ],
      causes: [...alarmCauses(reader, faults), ...spaceCauses(reader)],
      circumstances: [...couplingNotes(coupled), ...others.reasons],
      replay: run.replay,
      severalLanes: Object.keys(run.lanes).length > 1,
    }),
    lanes: measureLanes(reader, window),
    generator,
    guarantees,
    faults,
    couplings: coupled,
    drill,
    budgets: budgetResults,
    alerts,
    diskStalls: stalls,
    resources: measureResources(reader),
    ...timelineNotes(reader),
    notes: [
      ...retryNotes(reader),
      ...reader.problems,
      ...reader.notes,
      ...machineNotes(reader, { stalls, faults, others: others.notes }),
      ...couplingNotes(coupled),
      ...(run.planNotes ?? []),
    ],
    versions: { ...run.versions },
    machine: { ...run.machine },
    ...optional({ replay: run.replay }),
    ...(run.series === undefined ? {} : { series: { ...run.series } }),
  };
}

/** What of the machine may explain a figure. */
function machineNotes(
  reader: RecordingReader,
  {
    stalls,
    faults,
    others,
  }: Pick<Summary, "faults"> & {
    readonly stalls: Summary["diskStalls"];
    readonly others: readonly string[];
  },
): string[] {
  return [
    ...clockNotes(reader),
    ...diskStallNotes(stalls),
    ...others,
    ...slowDiskNotes(reader, faults),
  ];
}

/** A budget that is not met on half a file is no evidence: the missing half may have met it. */
function onWhatIsLeft(reader: RecordingReader, budget: Budget, result: BudgetResult): BudgetResult {
  const file = fileBehind(reader, budget);
  if (result.outcome !== "breached" || !reader.damaged.has(file)) return result;
  const reason = `it was not met, but ${runFiles[file]} is damaged`;
  return { ...result, outcome: "inconclusive", reason };
}

function fileBehind({ run }: RecordingReader, { subject }: Budget): DamagedFile {
  if (subject.kind === "node" || subject.kind === "fault") return "timeline";
  if (subject.kind === "action") return isPercentile(subject.figure) ? "latency" : "timeline";
  const figure = run.lanes[subject.lane]?.figures.find(({ name }) => name === subject.figure);
  return figure?.kind === "histogram" ? "latency" : "timeline";
}

function cutShort(reader: RecordingReader): string | undefined {
  if (partialOf(reader) === null) return undefined;
  return reader.live ? "the run is still going on" : "the run was cut short";
}

function partialOf(reader: RecordingReader): Summary["partial"] {
  const { state } = reader.run;
  if (state.kind === "finished") return null;
  if (state.kind === "partial") return { reason: state.reason, detail: state.detail };
  if (reader.live) {
    const seconds = reader.frameCount;
    const detail = `the run is still being written; this is what there is of it after ${seconds} s of load`;
    return { reason: "running", detail };
  }
  return { reason: "cut-off", detail: "hunt ended before it could close the recording" };
}

/** A verdict that is the second one of its command says so. */
function retryNotes({ run: { retryOf } }: RecordingReader): string[] {
  if (retryOf === undefined) return [];
  return [`Played in place of ${retryOf.runId}, which the machine spoiled: ${retryOf.reason}`];
}

/** Those of hunt itself are for who reads the timeline: what matters of them is said elsewhere. */
function timelineNotes({ timeline }: RecordingReader): Pick<Summary, "timelineNotes"> {
  const notes = timeline.events.flatMap((event) =>
    event.kind === "note" && event.by !== "hunt"
      ? [{ atS: event.t, by: event.by ?? null, text: event.text }]
      : [],
  );
  if (notes.length === 0) return {};
  return { timelineNotes: notes.toSorted((left, right) => left.atS - right.atS) };
}

function recordingProblems(reader: RecordingReader): string[] {
  const partial = partialOf(reader);
  const lost = reader.timeline.events.flatMap((event) => {
    if (event.kind !== "node" || event.state !== "lost") return [];
    // A full disk says which node it ended.
    const { detail = "" } = event;
    if (partial?.reason === "disk-full" && detail !== "" && partial.detail.includes(detail)) {
      return [];
    }
    const words = event.detail === undefined ? "" : ` ${sentence(event.detail)}`;
    return [`Node ${event.node} was lost at ${event.t.toFixed(1)} s (node-lost).${words}`];
  });
  // The lost node's own sentence says more.
  const told = partial === null || (partial.reason === "node-lost" && lost.length > 0);
  return [
    ...(told ? [] : [`The recording is partial (${partial.reason}): ${sentence(partial.detail)}`]),
    ...lost,
    ...reader.problems,
  ];
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
