/** The left side of a budget: a figure of an action, of a lane, of a node, or of a fault. */
import type { Percentile } from "../../metrics/histogram/latency-histogram.ts";
import { percentileShares } from "../../metrics/histogram/percentile-shares.ts";
import { suggestionFor } from "../../suggestion.ts";
import type { BudgetSubject, BudgetVocabulary } from "./budget.ts";

/** A part of the text, from column `at` to before `end`, counted from 0. */
export interface Token {
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** What is wrong at which part of the text; throws. */
export type Fail = (at: number, what: string, hint?: string) => never;

const percentiles = Object.keys(percentileShares);
const actionFigures = [...percentiles, "errorRate", "rate"];
const nodeFigures = ["cpu", "rss"];
const faultFigures = ["detect", "gap", "recover"];

export function isPercentile(text: string): text is Percentile {
  return Object.hasOwn(percentileShares, text);
}

export function parseSubject(
  token: Token,
  vocabulary: BudgetVocabulary,
  fail: Fail,
): BudgetSubject {
  const parts = splitAtDots(token);
  const [head] = parts;
  if (head?.text === "node") return nodeSubject(parts, token, vocabulary, fail);
  if (head?.text === "fault") return faultSubject(parts, token, vocabulary, fail);
  return laneSubject(parts, token, vocabulary, fail);
}

function nodeSubject(
  parts: readonly Token[],
  token: Token,
  vocabulary: BudgetVocabulary,
  fail: Fail,
): BudgetSubject {
  const [, node, figure, extra] = parts;
  if (node === undefined || figure === undefined || extra !== undefined) {
    return fail(token.at, "expected node.<id>.cpu or node.<id>.rss");
  }
  const known = vocabulary.nodes.map((candidate) => candidate.id);
  if (!known.includes(node.text)) {
    return fail(node.at, `there is no node '${node.text}'`, suggestionFor(node.text, known));
  }
  if (figure.text === "cpu" || figure.text === "rss") {
    return { kind: "node", node: node.text, figure: figure.text };
  }
  const hint = suggestionFor(figure.text, nodeFigures);
  return fail(figure.at, `a node has no figure '${figure.text}'`, hint);
}

function faultSubject(
  parts: readonly Token[],
  token: Token,
  vocabulary: BudgetVocabulary,
  fail: Fail,
): BudgetSubject {
  const [, fault, ...rest] = parts;
  const lane = rest.length === 2 ? rest[0] : undefined;
  const figure = rest.at(-1);
  if (fault === undefined || figure === undefined || rest.length > 2) {
    return fail(token.at, "expected fault.<id>.detect, .gap or .recover, or fault.<id>.<lane>.gap");
  }
  const known = (vocabulary.faults ?? []).map(({ id }) => id);
  if (!known.includes(fault.text)) {
    const what = `there is no fault with the id '${fault.text}' in this run`;
    return known.length === 0
      ? fail(fault.at, what)
      : fail(fault.at, what, suggestionFor(fault.text, known));
  }
  const lanes = Object.keys(vocabulary.lanes);
  if (lane !== undefined && !lanes.includes(lane.text)) {
    const what = `there is no lane '${lane.text}' in this run`;
    return fail(lane.at, what, suggestionFor(lane.text, lanes));
  }
  const feltBy = lane === undefined ? {} : { feltBy: lane.text };
  if (figure.text === "gap" || figure.text === "recover") {
    return { kind: "fault", fault: fault.text, figure: figure.text, ...feltBy };
  }
  if (figure.text === "detect" && lane === undefined) {
    return { kind: "fault", fault: fault.text, figure: figure.text };
  }
  if (figure.text === "detect") {
    return fail(figure.at, "an alert is of the whole run: write fault.<id>.detect");
  }
  const hint = suggestionFor(figure.text, faultFigures);
  return fail(figure.at, `a fault has no figure '${figure.text}'`, hint);
}

function laneSubject(
  parts: readonly Token[],
  token: Token,
  vocabulary: BudgetVocabulary,
  fail: Fail,
): BudgetSubject {
  const [laneToken, middle, last, extra] = parts;
  if (laneToken === undefined || middle === undefined || extra !== undefined) {
    return fail(token.at, "expected <lane>.<action>.<figure> or <lane>.<figure>.<percentile>");
  }
  const lane = vocabulary.lanes[laneToken.text];
  if (lane === undefined) {
    const known = [...Object.keys(vocabulary.lanes), "node"];
    const hint = suggestionFor(laneToken.text, known);
    return fail(laneToken.at, `there is no lane '${laneToken.text}' in this run`, hint);
  }
  if (Object.hasOwn(lane.actions, middle.text)) {
    const figure = last?.text ?? "";
    if (isPercentile(figure) || figure === "errorRate" || figure === "rate") {
      return { kind: "action", lane: laneToken.text, action: middle.text, figure };
    }
    const hint = suggestionFor(figure, actionFigures);
    return fail(last?.at ?? middle.end, `an action has no figure '${figure}'`, hint);
  }
  const figure = lane.figures.find((known) => known.name === middle.text);
  if (figure === undefined) {
    const known = [...Object.keys(lane.actions), ...lane.figures.map((each) => each.name)];
    const what = `lane '${laneToken.text}' has no action or figure '${middle.text}'`;
    return fail(middle.at, what, suggestionFor(middle.text, known));
  }
  if (figure.kind !== "histogram" && figure.kind !== "leader-gauge") {
    if (last === undefined) return { kind: "figure", lane: laneToken.text, figure: figure.name };
    return fail(last.at, `${figure.name} is a single number, without '.${last.text}'`);
  }
  const stat = last?.text ?? "";
  if (isPercentile(stat)) {
    return { kind: "figure", lane: laneToken.text, figure: figure.name, stat };
  }
  const hint = suggestionFor(stat, percentiles);
  return fail(last?.at ?? middle.end, `${figure.name} has no percentile '${stat}'`, hint);
}

function splitAtDots(token: Token): Token[] {
  let at = token.at;
  return token.text.split(".").map((text) => {
    const part = { text, at, end: at + text.length };
    at = part.end + 1;
    return part;
  });
}
