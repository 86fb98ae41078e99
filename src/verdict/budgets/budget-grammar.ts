/**
 * Parses `SUBJECT COMPARISON VALUE [@PHASE]` against the names that exist in a run. A budget on a name
 * that does not exist would be a gate that never closes, so it is a configuration error that says
 * where in the text it is and what was probably meant.
 */
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { suggestionFor } from "../../suggestion.ts";
import {
  type Budget,
  type BudgetSubject,
  type BudgetUnit,
  type BudgetVocabulary,
  comparisons,
} from "./budget.ts";
import { type Fail, isPercentile, parseSubject, type Token } from "./budget-subject.ts";

/** How a unit is written, the unit that results are in, and what one of the former is in the latter. */
const units: Readonly<Record<string, { readonly unit: BudgetUnit; readonly factor: number }>> = {
  us: { unit: "ms", factor: 0.001 },
  ms: { unit: "ms", factor: 1 },
  s: { unit: "ms", factor: 1000 },
  "%": { unit: "%", factor: 1 },
  "/s": { unit: "/s", factor: 1 },
  B: { unit: "bytes", factor: 1 },
  KB: { unit: "bytes", factor: 1000 },
  MB: { unit: "bytes", factor: 1000 ** 2 },
  GB: { unit: "bytes", factor: 1000 ** 3 },
  KiB: { unit: "bytes", factor: 1024 },
  MiB: { unit: "bytes", factor: 1024 ** 2 },
  GiB: { unit: "bytes", factor: 1024 ** 3 },
  "": { unit: "count", factor: 1 },
};

/** @throws HuntError (exit code 2, `usage.budget`). */
export function parseBudget(expression: string, vocabulary: BudgetVocabulary): Budget {
  const fail: Fail = (at, what, hint) => {
    throw new HuntError({
      code: "usage.budget",
      message: `Budget '${expression}', column ${at + 1}: ${what}.`,
      exitCode: exitCodes.usage,
      hint: hint ?? "For example: sessions.read.p99 < 20ms @steady (docs/budgets.md).",
    });
  };
  const subjectText = takeToken(expression, 0, /[^\s<>=@]+/y);
  if (subjectText.text === "") fail(subjectText.at, "expected a subject such as sessions.read.p99");
  const operator = takeToken(expression, subjectText.end, /[<>=!]+/y);
  const comparison = comparisons.find((known) => known === operator.text);
  if (comparison === undefined) {
    return fail(operator.at, `expected one of ${comparisons.join(" ")}, got '${operator.text}'`);
  }
  const value = takeToken(expression, operator.end, /[0-9]+(?:\.[0-9]+)?/y);
  if (value.text === "") fail(value.at, "expected a number that is not negative");
  const unitText = takeToken(expression, value.end, /[^\s@]+/y);
  const phaseText = takeToken(expression, unitText.end, /@\s*[^\s]+/y);
  const rest = takeToken(expression, phaseText.end, /.+/y);
  if (rest.text !== "") fail(rest.at, `did not expect '${rest.text}' behind the budget`);

  const subject = parseSubject(subjectText, vocabulary, fail);
  const wanted = unitOf(subject, vocabulary);
  if (subject.kind === "fault" && takeToken(expression, unitText.end, /@/y).text !== "") {
    fail(unitText.end, "a budget on a fault has no phase: the fault is its own window");
  }
  const unit = units[unitText.text];
  if (unit === undefined || unit.unit !== wanted) {
    fail(unitText.at, `${subjectText.text} takes ${spellings(wanted)}, got '${unitText.text}'`);
  }
  const phase = phaseText.text.replace(/^@\s*/, "");
  const ofLanes = Object.values(vocabulary.lanes).flatMap((lane) => lane.phases ?? []);
  const phases = [...new Set([...vocabulary.phases, ...ofLanes].map((known) => known.name))];
  if (phase !== "" && !phases.includes(phase)) {
    fail(phaseText.at, `there is no phase '${phase}'`, suggestionFor(phase, phases));
  }
  return {
    expression: expression.trim(),
    subject,
    comparison,
    limit: Number(value.text) * (unit?.factor ?? 1),
    unit: wanted,
    ...(phase === "" ? {} : { phase }),
  };
}

/** The token behind any blanks at `from`; an empty one where it does not match. */
function takeToken(expression: string, from: number, pattern: RegExp): Token {
  const blanks = /\s*/y;
  blanks.lastIndex = from;
  blanks.exec(expression);
  pattern.lastIndex = blanks.lastIndex;
  const at = pattern.lastIndex;
  const text = pattern.exec(expression)?.[0].trimEnd() ?? "";
  return { text, at, end: at + text.length };
}

function unitOf(subject: BudgetSubject, vocabulary: BudgetVocabulary): BudgetUnit {
  if (subject.kind === "node") return subject.figure === "cpu" ? "%" : "bytes";
  if (subject.kind === "fault") return "ms";
  if (subject.kind === "action") {
    if (isPercentile(subject.figure)) return "ms";
    return subject.figure === "rate" ? "/s" : "%";
  }
  const figures = vocabulary.lanes[subject.lane]?.figures ?? [];
  const unit = figures.find((figure) => figure.name === subject.figure)?.unit;
  if (unit === undefined && subject.stat !== undefined) return "ms";
  return unit === "ratio" ? "%" : (unit ?? "count");
}

function spellings(unit: BudgetUnit): string {
  if (unit === "count") return "a number without a unit";
  const names = Object.entries(units).flatMap(([name, known]) =>
    known.unit === unit ? [name] : [],
  );
  return `a value in ${names.join(", ")}`;
}
