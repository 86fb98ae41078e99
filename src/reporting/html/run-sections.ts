/** One run of an HTML report in words and tables: the verdict first, then why, then the figures. */

import { bytes, count, short } from "../../metrics/quantity.ts";
import type { LatencyResult, Summary } from "../../verdict/summary-document.ts";
import { drillText } from "../text/drill-text.ts";
import { faultText } from "../text/fault-text.ts";
import { guaranteeName } from "../text/guarantee-name.ts";
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
import { html, htmlList, htmlTable } from "./html-text.ts";

/** What is said before the charts. */
export function verdictSection(summary: Summary): string {
  const { verdict, runId, seed, durationS, runtime, startedAt, scenario } = summary;
  const designs = Object.values(summary.lanes).map(({ design }) => design);
  const survived = survivalText(summary);
  const topology = topologyText(summary);
  return [
    `<h1>${html(scenario)}, design ${html(designs.join(", "))}: ${verdict.outcome}</h1>`,
    ...sabotagesOf(summary).map(
      (bug) =>
        `<p class="sabotaged">SABOTAGED RUN: the bug ${html(bug)} was planted on purpose.</p>`,
    ),
    `<div class="verdict ${verdict.outcome}"><strong>Verdict: ${verdict.outcome}</strong> (exit code ${verdict.exitCode})`,
    survived === "" ? "" : `<p>${html(survived)}</p>`,
    `${htmlList(verdict.reasons)}</div>`,
    `<p class="soft">Run ${html(runId)}, ${html(startedAt.slice(0, 19).replace("T", " "))} UTC, seed ${seed}, ${short(durationS)} s, ${html(runtime)}. ${html(topology)}</p>`,
  ].join("\n");
}

/** What is said after the charts. */
export function figureSections(summary: Summary): string {
  return [
    ...budgets(summary),
    ...guarantees(summary),
    ...section(
      "Faults",
      summary.faults.length === 0
        ? ""
        : htmlList(summary.faults.map((fault) => `${fault.id}: ${faultText(fault)}`)),
    ),
    ...section("Drill", summary.drill === null ? "" : htmlList(drillText(summary))),
    ...lanes(summary),
    ...resources(summary),
    ...timelineNotes(summary),
    ...origin(summary),
  ].join("\n");
}

function section(title: string, body: string): string[] {
  return body === "" ? [] : [`<h2>${html(title)}</h2>`, body];
}

function budgets(summary: Summary): string[] {
  const rows = summary.budgets.map((budget) => [
    budget.expression,
    outcome(budget.outcome),
    withUnit(budget.observed, budget.unit),
    marginText(budget),
    count(budget.samples),
  ]);
  const head = ["budget", "outcome", "observed", "margin", "samples"];
  return rows.length === 0 ? [] : section("Budgets", htmlTable(head, rows));
}

/** What needs the eye is in capitals, as in the terminal. */
function outcome(word: string): string {
  return word === "held" ? word : word.toUpperCase();
}

function guarantees(summary: Summary): string[] {
  if (summary.guarantees.length === 0) return [];
  const rows = summary.guarantees.map((each) => [
    guaranteeName(summary, each),
    outcome(each.outcome),
    `${count(each.violations)} in ${count(each.checked)}${each.of === undefined ? "" : ` ${each.of}`}`,
    each.upperBound95 === null ? "" : `< ${short(each.upperBound95)}`,
  ]);
  const stories = summary.guarantees.flatMap((each) => {
    const { promise, example, note } = each;
    const name = guaranteeName(summary, each);
    const told = [example, note].filter((text) => text !== undefined);
    if (told.length === 0) return [];
    const lines = told.map((text) => `<blockquote>${html(text)}</blockquote>`);
    return [`<p><code>${html(name)}</code>: ${html(promise)}</p>${lines.join("")}`];
  });
  const head = ["guarantee", "outcome", "violations", "95 % bound"];
  return [...section("Guarantees", htmlTable(head, rows)), ...stories];
}

function lanes(summary: Summary): string[] {
  return Object.entries(summary.lanes).flatMap(([id, lane]) => {
    const actions = Object.entries(lane.actions);
    const counts = actions.map(([name, each]) => [
      name,
      ...[each.intended, each.ok, each.fail, each.unknown, each.dropped].map(count),
      `${count(each.ratePerS)}/s`,
      figureText("errorRate", each.errorRate),
    ]);
    const figures = Object.entries(lane.figures);
    const times = [
      ...actions.flatMap(([name, each]) => [
        [`${name} response`, ...percentiles(each.responseMs)],
        [`${name} service`, ...percentiles(each.serviceMs)],
      ]),
      ...figures.flatMap(([name, value]) =>
        isLatency(value) && name.endsWith("Ms")
          ? [[name.replace(/Ms$/, ""), ...percentiles(value)]]
          : [],
      ),
    ];
    const others = figures
      .filter(([name]) => !name.endsWith("Ms"))
      .map(([name, value]) => [
        name,
        isLatency(value) ? gaugeText(name, value) : figureText(name, value),
      ]);
    return section(
      `Figures: ${id}, design ${lane.design}, ${count(lane.players)} players`,
      [
        htmlTable(
          ["action", "intended", "ok", "fail", "unknown", "dropped", "rate", "errors"],
          counts,
        ),
        htmlTable(["ms", "p50", "p90", "p99", "p99.9", "max"], times),
        others.length === 0 ? "" : htmlTable(["figure", "value"], others),
      ].join("\n"),
    );
  });
}

function percentiles({ p50, p90, p99, p999, max }: LatencyResult): string[] {
  return [p50, p90, p99, p999, max].map(milliseconds);
}

function resources(summary: Summary): string[] {
  const { generator } = summary;
  const rows = Object.entries(summary.resources).map(([node, used]) => [
    node,
    short(used.cpuSeconds),
    bytes(used.rssMaxBytes),
    bytes(used.bytesWritten),
  ]);
  const validity = generator.valid ? "valid" : `NOT VALID: ${generator.problems.join("; ")}`;
  const lag = `schedule lag p99 ${milliseconds(generator.scheduleLagMs.p99)} ms`;
  const warm = warmFollowerText(summary);
  const lines = [
    `Generator: ${validity}, ${lag}, ${count(generator.droppedActions)} actions dropped.`,
    ...(warm === "" ? [] : [`Warm follower: ${warm}.`]),
  ];
  const table = rows.length === 0 ? "" : htmlTable(["node", "CPU s", "memory", "written"], rows);
  return section("Generator and resources", `${htmlList(lines)}\n${table}`);
}

function timelineNotes(summary: Summary): string[] {
  const lines = timelineNoteTexts(summary);
  return lines.length === 0 ? [] : section("Notes on the timeline", htmlList(lines));
}

function origin({ versions, machine, replay, notes, verdict }: Summary): string[] {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const memory = `${short(machine.memoryBytes / 2 ** 30)} GiB`;
  const other = notes.filter((note) => !verdict.reasons.includes(note));
  const lines = [
    ...other,
    `${names.join(", ")}; ${machine.cpuModel}, ${machine.cores} cores, ${memory}, kernel ${machine.kernel}.`,
    ...(replay === undefined ? [] : [`The same plan again: ${replay}`]),
  ];
  return section("Made with", htmlList(lines));
}
