/** What `hunt verify` prints on a terminal of 80 columns: every promise and what became of it. */

import { count } from "../../metrics/quantity.ts";
import type { GuaranteeResult, Summary } from "../../verdict/summary-document.ts";
import { guaranteeName } from "./guarantee-name.ts";
import { noteLines, verdictLines } from "./text-sections.ts";
import { wrapped } from "./text-table.ts";

const width = 80;

export function verifyText(summary: Summary): string {
  const heading = `Run ${summary.runId}: ${summary.scenario}, seed ${summary.seed}, its guarantees checked from its recording`;
  const lines = [
    ...wrapped(heading, width, "", "  "),
    "",
    ...summary.guarantees.flatMap((result) => resultLines(result, summary)),
    ...noteLines(summary),
    ...verdictLines(summary),
    `Next: hunt verdict ${summary.runId}`,
  ];
  return `${lines.join("\n")}\n`;
}

function resultLines(result: GuaranteeResult, summary: Summary): string[] {
  const name = guaranteeName(summary, result);
  const checked = `${count(result.checked)} ${result.of ?? "operations"} checked`;
  const violations = result.violations === 0 ? "" : `, ${count(result.violations)} violations`;
  return [
    ...wrapped(
      `${name}: ${result.outcome.toUpperCase()} (${checked}${violations})`,
      width,
      "  ",
      "    ",
    ),
    ...wrapped(result.promise, width, "    ", "    "),
    "",
  ];
}
