/** What `hunt bench`, `hunt report` and `hunt verdict` say alike on a terminal of 80 columns. */

import { bytes, count, short } from "../../metrics/quantity.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { drillText } from "./drill-text.ts";
import { faultText } from "./fault-text.ts";
import { guaranteeName } from "./guarantee-name.ts";
import { marginText, milliseconds, withUnit } from "./quantity.ts";
import { survivalText } from "./survival-text.ts";
import { textTable, wrapped } from "./text-table.ts";
import { timelineNoteTexts } from "./timeline-note-text.ts";
import { sabotagesOf } from "./topology-text.ts";
import { warmFollowerText } from "./warm-follower-text.ts";

const width = 80;

export function generatorLines({ generator }: Summary): string[] {
  const facts = [
    generator.valid ? "valid" : "NOT VALID",
    `schedule lag p99 ${milliseconds(generator.scheduleLagMs.p99)} ms`,
    `${count(generator.droppedActions)} dropped`,
    `${short(generator.cpuSeconds)} CPU s`,
    `${bytes(generator.rssMaxBytes)}`,
  ];
  return wrapped(`generator: ${facts.join(", ")}`, width, "  ", "    ");
}

export function warmFollowerLines(summary: Summary): string[] {
  const text = warmFollowerText(summary);
  return text === "" ? [] : wrapped(`warm follower: ${text}`, width, "  ", "    ");
}

export function guaranteeLines(summary: Summary): string[] {
  const { guarantees } = summary;
  if (guarantees.length === 0) return [];
  const rows = guarantees.map((each) => [
    guaranteeName(summary, each),
    each.outcome.toUpperCase(),
    `${count(each.violations)} of ${count(each.checked)}`,
    each.upperBound95 === null ? "" : `< ${short(each.upperBound95)}`,
  ]);
  return [...textTable(["guarantees", "", "violations", "95 % bound"], rows), ""];
}

export function budgetLines({ budgets }: Summary): string[] {
  if (budgets.length === 0) return [];
  const rows = budgets.map((budget) => [
    budget.expression,
    budget.outcome.toUpperCase(),
    withUnit(budget.observed, budget.unit),
    marginText(budget),
  ]);
  return [...narrow(["budgets", "", "observed", "margin"], rows), ""];
}

/** A table whose first column gets lines of its own where a row would not fit. */
function narrow(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = textTable(head, rows);
  if (lines.every((line) => line.length <= width)) return lines;
  const values = textTable(
    [],
    rows.map((row) => ["", ...row.slice(1)]),
  );
  return [
    `  ${head[0]}: ${head.slice(1).filter(Boolean).join(", ")}`,
    ...rows.flatMap((row, index) => [
      ...wrapped(row[0] ?? "", width, "  ", "    "),
      `  ${values[index] ?? ""}`,
    ]),
  ];
}

export function alertLines({ alerts }: Summary): string[] {
  if (alerts.length === 0) return [];
  const lines = alerts.flatMap((alert) => {
    const end = alert.resolvedAtS === null ? "to the end" : `to ${short(alert.resolvedAtS)} s`;
    const observed =
      alert.observed === null ? "" : `, ${withUnit(alert.observed, alert.unit)} then`;
    const text = `${alert.budget}: from ${short(alert.firedAtS)} s ${end}${observed}`;
    return wrapped(text, width, "  - ", "    ");
  });
  return ["  alerts", ...lines, ""];
}

export function faultLines({ faults }: Summary): string[] {
  if (faults.length === 0) return [];
  const lines = faults.flatMap((fault) =>
    wrapped(`${fault.id}: ${faultText(fault)}`, width, "  - ", "    "),
  );
  return ["  faults", ...lines, ""];
}

export function drillLines(summary: Summary): string[] {
  const { drill } = summary;
  if (drill === null) return [];
  const lines = drillText(summary).flatMap((line) => wrapped(line, width, "  - ", "    "));
  return [`  drill ${drill.name}`, ...lines, ""];
}

export function timelineNoteLines(summary: Summary): string[] {
  const lines = timelineNoteTexts(summary).flatMap((line) => wrapped(line, width, "  - ", "    "));
  return lines.length === 0 ? [] : ["  notes on the timeline", ...lines, ""];
}

/** Those that the verdict's reasons don't say already. */
export function noteLines({ notes, verdict }: Summary): string[] {
  const lines = notes
    .filter((note) => !verdict.reasons.includes(note))
    .flatMap((note) => wrapped(note, width, "  note: ", "    "));
  return lines.length === 0 ? [] : [...lines, ""];
}

export function verdictLines(summary: Summary): string[] {
  const { verdict } = summary;
  const reasons = verdict.reasons.flatMap((reason) => wrapped(reason, width, "  - ", "    "));
  const survived = survivalText(summary);
  const planted = sabotagesOf(summary).flatMap((bug) => [
    `SABOTAGED RUN: the bug ${bug} was planted on purpose (--sabotage).`,
    "",
  ]);
  const sentence = survived === "" ? [] : [...wrapped(survived, width, "", ""), ""];
  return [
    ...reasons,
    "",
    ...planted,
    ...sentence,
    `Verdict: ${verdict.outcome} (exit code ${verdict.exitCode})`,
  ];
}

/** What `hunt verdict` prints: what was judged and how, without the figures. */
export function verdictText(summary: Summary): string {
  const lines = [
    ...wrapped(
      `Run ${summary.runId}: ${summary.scenario}, seed ${summary.seed}, judged from its recording`,
      width,
      "",
      "  ",
    ),
    "",
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
    `Next: hunt report ${summary.runId}`,
  ];
  return `${lines.join("\n")}\n`;
}
