/**
 * The summary for an 80-column terminal or a log: what was done, how fast, what held. The verdict comes
 * last, because that is what is read first when a long output has scrolled by. No colours: signs and
 * words carry the meaning.
 */

import { count, short } from "../../metrics/quantity.ts";
import type { ComparisonDocument, LatencyResult, Summary } from "../../verdict/summary-document.ts";
import { comparisonText } from "../compare/comparison-text.ts";
import { figureText, gaugeText, isLatency, milliseconds } from "../text/quantity.ts";
import {
  alertLines,
  budgetLines,
  drillLines,
  faultLines,
  generatorLines,
  guaranteeLines,
  noteLines,
  timelineNoteLines,
  verdictLines,
  warmFollowerLines,
} from "../text/text-sections.ts";
import { textTable, wrapped } from "../text/text-table.ts";
import { topologyText } from "../text/topology-text.ts";
import type { Reporter } from "./reporters.ts";

const width = 80;

export const textReporter: Reporter = {
  format: "text",
  summary: (summary) => toText(summaryLines(summary)),
  comparison: (document) => toText(comparisonLines(document)),
};

function toText(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

function summaryLines(summary: Summary): string[] {
  const topology = topologyText(summary);
  return [
    ...headLines(summary),
    ...(topology === "" ? [] : wrapped(topology, width, "  ", "  ")),
    "",
    ...laneLines(summary),
    ...generatorLines(summary),
    ...warmFollowerLines(summary),
    "",
    ...guaranteeLines(summary),
    ...budgetLines(summary),
    ...faultLines(summary),
    ...alertLines(summary),
    ...drillLines(summary),
    ...timelineNoteLines(summary),
    ...noteLines(summary),
    ...verdictLines(summary),
    `Next: hunt report ${summary.runId} --format json`,
  ];
}

function headLines({ runId, scenario, seed, durationS, runtime }: Summary): string[] {
  const text = `Run ${runId}: ${scenario}, seed ${seed}, ${short(durationS)} s, ${runtime}`;
  return wrapped(text, width, "", "  ");
}

function comparisonLines(document: ComparisonDocument): string[] {
  const verdicts = document.runs.flatMap((run) => [
    `Run ${run.runId} (${designsOf(run)}):`,
    ...verdictLines(run),
  ]);
  const last = document.runs.at(-1);
  return [
    ...comparisonText(document),
    "",
    ...verdicts,
    ...(last === undefined ? [] : [`Next: hunt report ${last.runId}`]),
  ];
}

function laneLines(summary: Summary): string[] {
  return Object.entries(summary.lanes).flatMap(([id, lane]) => {
    const actions = Object.entries(lane.actions);
    const counts = actions.map(([action, result]) => [
      action,
      count(result.intended),
      count(result.ok),
      count(result.fail),
      count(result.unknown),
      count(result.dropped),
      `${count(result.ratePerS)}/s`,
      result.errorRate === null ? "-" : `${short(100 * result.errorRate)} %`,
    ]);
    const latencies = actions.flatMap(([action, result]) => [
      [`${action} response`, ...percentiles(result.responseMs)],
      [`${action} service`, ...percentiles(result.serviceMs)],
    ]);
    const figures = Object.entries(lane.figures);
    const histograms = figures.flatMap(([name, value]) =>
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
      `${id} (${lane.design}), ${count(lane.players)} players`,
      ...textTable(["", "intended", "ok", "fail", "unknown", "dropped", "rate", "errors"], counts),
      "",
      ...textTable(["ms", "p50", "p99", "p99.9", "max"], [...latencies, ...histograms]),
      "",
      ...textTable([], numbers),
    ];
  });
}

function percentiles(latency: LatencyResult): string[] {
  return [latency.p50, latency.p99, latency.p999, latency.max].map(milliseconds);
}

function designsOf(run: Summary): string {
  return Object.values(run.lanes)
    .map((lane) => lane.design)
    .join(", ");
}
