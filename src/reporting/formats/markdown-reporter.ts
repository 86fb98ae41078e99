/**
 * Markdown for a ticket or a pull request, as GitHub renders it: the verdict first, then why, then the
 * figures, and at the end how to see it again. Text of the run is escaped, so that a story or a log line
 * can't change the page.
 */

import { bytes, count, short } from "../../metrics/quantity.ts";
import type { ComparisonDocument, LatencyResult, Summary } from "../../verdict/summary-document.ts";
import { designOf } from "../compare/compare-runs.ts";
import {
  alikeText,
  comparedRuns,
  comparisonIntro,
  comparisonTable,
  unlikeHead,
  unlikeLines,
} from "../compare/comparison-text.ts";
import { drillText } from "../text/drill-text.ts";
import { faultText } from "../text/fault-text.ts";
import { guaranteeName } from "../text/guarantee-name.ts";
import { code, mdTable, mdText } from "../text/markdown-text.ts";
import {
  figureText,
  gaugeText,
  isLatency,
  marginText,
  milliseconds,
  withUnit,
} from "../text/quantity.ts";
import { survivalText } from "../text/survival-text.ts";
import { timelineNoteTexts } from "../text/timeline-note-text.ts";
import { sabotagesOf, topologyText } from "../text/topology-text.ts";
import { warmFollowerText } from "../text/warm-follower-text.ts";
import type { Reporter } from "./reporters.ts";

export const markdownReporter: Reporter = {
  format: "md",
  summary: (summary) => page(summarySections(summary)),
  comparison: (document) => page(comparisonSections(document)),
};

type Section = readonly string[];

function page(sections: readonly Section[]): string {
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join("\n"))
    .join("\n\n")}\n`;
}

function summarySections(summary: Summary): Section[] {
  return [
    [`# hunt: ${summary.verdict.outcome}, ${mdText(summary.scenario)}`],
    ...verdictSections(summary),
    ...budgetSections(summary),
    ...guaranteeSections(summary),
    ...faultSections(summary),
    ...alertSections(summary),
    ...drillSections(summary),
    ...laneSections(summary),
    ...resourceSections(summary),
    ...timelineNoteSections(summary),
    ...noteSections(summary),
    ...originSections(summary),
  ];
}

function verdictSections(summary: Summary) {
  const { verdict, runId, seed, durationS, runtime, startedAt } = summary;
  const topology = topologyText(summary);
  const survived = survivalText(summary);
  return [
    [`**Verdict: ${verdict.outcome}** (exit code ${verdict.exitCode})`],
    ...sabotagesOf(summary).map((bug) => [
      `**SABOTAGED RUN**: the bug ${code(bug)} was planted on purpose.`,
    ]),
    ...(survived === "" ? [] : [[mdText(survived)]]),
    verdict.reasons.map((reason) => `- ${mdText(reason)}`),
    [
      `Run ${code(runId)}, ${startedAt.slice(0, 19).replace("T", " ")} UTC, seed ${seed}, ${short(durationS)} s, ${runtime}.`,
      ...(topology === "" ? [] : [`Topology: ${topology}.`]),
    ],
  ];
}

function budgetSections({ budgets }: Summary): Section[] {
  if (budgets.length === 0) return [];
  const rows = budgets.map((budget) => [
    code(budget.expression),
    outcomeText(budget.outcome),
    withUnit(budget.observed, budget.unit),
    withUnit(budget.limit, budget.unit),
    marginText(budget),
    count(budget.samples),
  ]);
  return [
    ["## Budgets"],
    mdTable(["budget", "outcome", "observed", "limit", "margin", "samples"], rows),
  ];
}

function guaranteeSections(summary: Summary): Section[] {
  const { guarantees } = summary;
  if (guarantees.length === 0) return [];
  const rows = guarantees.map((each) => [
    code(guaranteeName(summary, each)),
    outcomeText(each.outcome),
    `${count(each.violations)} in ${count(each.checked)}`,
    each.upperBound95 === null ? "" : `< ${short(each.upperBound95)}`,
  ]);
  const stories = guarantees.flatMap((each) => {
    const { promise, example, note } = each;
    if (example === undefined && note === undefined) return [];
    const story = [example, note]
      .filter((text) => text !== undefined)
      .map((text) => `> ${mdText(text)}`);
    return [[`${code(guaranteeName(summary, each))}: ${mdText(promise)}`, "", ...story]];
  });
  return [
    ["## Guarantees"],
    mdTable(["guarantee", "outcome", "violations", "95 % bound"], rows),
    ...stories,
  ];
}

function faultSections({ faults }: Summary): Section[] {
  if (faults.length === 0) return [];
  const lines = faults.map((fault) => `- ${code(fault.id)}: ${mdText(faultText(fault))}`);
  return [["## Faults"], lines];
}

function drillSections(summary: Summary): Section[] {
  const { drill } = summary;
  if (drill === null) return [];
  return [
    [`## Drill ${mdText(drill.name)}`],
    drillText(summary).map((line) => `- ${mdText(line)}`),
  ];
}

function alertSections({ alerts }: Summary): Section[] {
  if (alerts.length === 0) return [];
  const rows = alerts.map((alert) => [
    code(alert.budget),
    `${short(alert.firedAtS)} s`,
    alert.resolvedAtS === null ? "never" : `${short(alert.resolvedAtS)} s`,
    withUnit(alert.observed, alert.unit),
  ]);
  return [["## Alerts"], mdTable(["budget", "fired", "resolved", "observed"], rows)];
}

function laneSections(summary: Summary): Section[] {
  return Object.entries(summary.lanes).flatMap(([id, lane]) => {
    const actions = Object.entries(lane.actions);
    const counts = actions.map(([name, action]) => [
      name,
      ...[action.intended, action.ok, action.fail, action.unknown, action.dropped].map(count),
      `${count(action.ratePerS)}/s`,
      figureText("errorRate", action.errorRate),
    ]);
    const times = actions.flatMap(([name, action]) => [
      [`${name} response`, ...percentiles(action.responseMs)],
      [`${name} service`, ...percentiles(action.serviceMs)],
      [`${name} blocked`, ...percentiles(action.blockedMs)],
    ]);
    const figures = Object.entries(lane.figures);
    const ofFigures = figures.flatMap(([name, value]) =>
      isLatency(value) && name.endsWith("Ms")
        ? [[name.replace(/Ms$/, ""), ...percentiles(value)]]
        : [],
    );
    const numbers = figures.flatMap(([name, value]) =>
      name.endsWith("Ms")
        ? []
        : [[name, isLatency(value) ? gaugeText(name, value) : figureText(name, value)]],
    );
    return [
      [`## Figures: ${mdText(id)}, design ${mdText(lane.design)}, ${count(lane.players)} players`],
      mdTable(["action", "intended", "ok", "fail", "unknown", "dropped", "rate", "errors"], counts),
      mdTable(["ms", "p50", "p90", "p99", "p99.9", "max"], [...times, ...ofFigures]),
      numbers.length === 0 ? [] : mdTable(["figure", "value"], numbers),
    ];
  });
}

function percentiles(latency: LatencyResult): string[] {
  const { p50, p90, p99, p999, max } = latency;
  return [p50, p90, p99, p999, max].map(milliseconds);
}

function resourceSections(summary: Summary): Section[] {
  const { resources, generator } = summary;
  const rows = Object.entries(resources).map(([node, used]) => [
    node,
    short(used.cpuSeconds),
    bytes(used.rssMaxBytes),
    bytes(used.bytesWritten),
  ]);
  const validity = generator.valid
    ? "valid"
    : `**not valid**: ${mdText(generator.problems.join("; "))}`;
  const lag = `schedule lag p99 ${milliseconds(generator.scheduleLagMs.p99)} ms`;
  const warmFollower = warmFollowerText(summary);
  return [
    ["## Resources"],
    [`Generator: ${validity}, ${lag}, ${count(generator.droppedActions)} actions dropped.`],
    warmFollower === "" ? [] : [`Warm follower: ${mdText(warmFollower)}.`],
    rows.length === 0 ? [] : mdTable(["node", "CPU s", "memory", "written"], rows),
  ];
}

function noteSections({ notes, verdict }: Summary): Section[] {
  const other = notes.filter((note) => !verdict.reasons.includes(note));
  return other.length === 0 ? [] : [["## Notes"], other.map((note) => `- ${mdText(note)}`)];
}

function timelineNoteSections(summary: Summary): Section[] {
  const lines = timelineNoteTexts(summary);
  if (lines.length === 0) return [];
  return [["## Notes on the timeline"], lines.map((line) => `- ${mdText(line)}`)];
}

function originSections({ versions, machine, replay, runId }: Summary): Section[] {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const memory = `${short(machine.memoryBytes / 2 ** 30)} GiB`;
  const again = replay === undefined ? [] : ["The same plan again:", "", "```sh", replay, "```"];
  return [
    ["## Made with"],
    [
      `- ${mdText(names.join(", "))}`,
      `- ${mdText(machine.cpuModel)}, ${machine.cores} cores, ${memory}, ${mdText(machine.platform)} ${mdText(machine.kernel)}`,
    ],
    again,
    ["Judged again from the recording:", "", "```sh", `hunt verdict ${runId}`, "```"],
  ];
}

function comparisonSections(document: ComparisonDocument): Section[] {
  const { designs, of: kind } = document.comparison;
  const { head, rows } = comparisonTable(document);
  const intro = comparisonIntro(document);
  const verdicts = document.runs.map((run) => [
    code(run.runId),
    mdText(designOf(run)),
    outcomeText(run.verdict.outcome),
    mdText(run.verdict.reasons[0] ?? ""),
  ]);
  const unlike = unlikeLines(document);
  const list = (lines: readonly string[]) => lines.map((line) => `- ${mdText(line)}`);
  return [
    [`# hunt: ${kind === "command" ? designs.map(mdText).join(" against ") : "runs side by side"}`],
    intro === "" ? [] : [`${intro}.`],
    list(comparedRuns(document)),
    ...(kind === "command" ? [] : [[unlike.length === 0 ? alikeText : `**${unlikeHead}:**`]]),
    list(unlike),
    mdTable(["figure", ...head.slice(1).map(mdText)], rows),
    ["## Verdicts"],
    kind === "command"
      ? [`The last design, ${mdText(designs.at(-1) ?? "")}, is the one that is gated.`]
      : [],
    mdTable(["run", "design", "verdict", "first reason"], verdicts),
  ];
}

/** What needs attention is bold. */
function outcomeText(outcome: string): string {
  return outcome === "held" || outcome === "pass" ? outcome : `**${outcome}**`;
}
