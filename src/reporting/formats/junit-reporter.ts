/**
 * JUnit XML, which every CI server can show: a test case per budget and per guarantee, one for the
 * generator and one for the recording. What was refuted is a failure; what could not be told is an
 * error, since it has not passed; skipped is only what does not count (another design than the gated
 * one, a run that was played again). Attributes are those that both Jenkins and the Ant schema know.
 */
import { optional } from "../../optional.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { ComparisonDocument, Summary } from "../../verdict/summary-document.ts";
import { designOf } from "../compare/compare-runs.ts";
import { type GatedRun, gatedRuns } from "../compare/gated-runs.ts";
import { guaranteeName } from "../text/guarantee-name.ts";
import { withUnit } from "../text/quantity.ts";
import type { Reporter } from "./reporters.ts";
import { xmlElement, xmlText } from "./xml-text.ts";

export const junitReporter: Reporter = {
  format: "junit",
  summary: (summary) => junitDocument([{ run: summary, notGated: undefined }]),
  comparison: (comparison: ComparisonDocument) => junitDocument(gatedRuns(comparison)),
};

export interface JunitProblem {
  readonly kind: "failure" | "error";
  readonly type: string;
  readonly message: string;
  readonly details: string;
}

interface TestCase {
  readonly group: "budgets" | "guarantees" | "generator" | "recording" | "verdict";
  readonly name: string;
  /** Absent: it held. */
  readonly problem?: JunitProblem;
}

/** What a suite needs to know of its run; both documents of a run folder do. */
interface SuiteFacts {
  readonly runId: string;
  readonly design: string;
  readonly scenario: string;
  readonly startedAt: string;
  readonly durationS: number;
  readonly properties: Readonly<Record<string, string | number>>;
  readonly cases: readonly TestCase[];
  readonly systemOut: string;
  /** Why its failures do not count, where they don't. */
  readonly notGated: string | undefined;
}

export function junitDocument(runs: readonly GatedRun[]): string {
  return suitesDocument(runs.map(factsOf));
}

/** Of a run that was begun and has no verdict: one test, which is red. */
export function junitWithoutVerdict(
  run: RunDocument,
  { type, message }: Pick<JunitProblem, "type" | "message">,
): string {
  const problem = { kind: "error", type, message, details: message } as const;
  const facts = {
    ...run,
    design: designOf(run),
    scenario: run.scenarioName,
    properties: factsForAll(run),
    cases: [{ group: "verdict", name: "the run has a verdict", problem } as const],
    systemOut: `No verdict: ${message}`,
    notGated: undefined,
    // Nobody knows how much of it was played.
    durationS: 0,
  };
  return suitesDocument([facts]);
}

function factsOf({ run, notGated }: GatedRun): SuiteFacts {
  const { outcome, exitCode } = run.verdict;
  return {
    ...run,
    design: designOf(run),
    properties: { verdict: outcome, exitCode, ...factsForAll(run) },
    cases: testCases(run),
    systemOut: verdictOf(run),
    notGated,
  };
}

function factsForAll({
  seed,
  runtime,
  versions,
  replay,
}: Pick<Summary, "seed" | "runtime" | "versions" | "replay">) {
  const named = Object.entries(versions).map(([name, version]) => [`version.${name}`, version]);
  return {
    seed,
    runtime,
    ...Object.fromEntries(named),
    ...optional({ replay }),
  };
}

function suitesDocument(runs: readonly SuiteFacts[]): string {
  const suites = runs.map((run, index) => suite(run, index));
  const sum = (key: "tests" | "failures" | "errors") =>
    suites.reduce((total, each) => total + each[key], 0);
  const attributes = {
    name: "hunt",
    tests: sum("tests"),
    failures: sum("failures"),
    errors: sum("errors"),
    time: runs.reduce((total, { durationS }) => total + durationS, 0),
  };
  const content = suites.map((each) => each.xml);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement("testsuites", attributes, content)}\n`;
}

function suite(run: SuiteFacts, index: number) {
  const { cases, notGated } = run;
  const counted = (kind: "failure" | "error") =>
    notGated === undefined ? cases.filter((each) => each.problem?.kind === kind).length : 0;
  const numbers = { tests: cases.length, failures: counted("failure"), errors: counted("error") };
  const attributes = {
    name: `${run.runId} ${run.design}`,
    ...numbers,
    skipped: notGated === undefined ? 0 : cases.filter((each) => each.problem).length,
    time: run.durationS,
    // The common schema takes no fraction and no zone; it is UTC.
    timestamp: run.startedAt.slice(0, 19),
    hostname: "localhost",
    id: index,
    package: "hunt",
  };
  const classname = `hunt.${run.scenario}.${run.design}`;
  const properties = Object.entries(run.properties);
  const content = [
    xmlElement(
      "properties",
      {},
      properties.map(([name, value]) => xmlElement("property", { name, value }, [])),
    ),
    ...cases.map((each) => caseXml(each, classname, notGated)),
    xmlElement("system-out", {}, [xmlText(run.systemOut)]),
  ];
  return { ...numbers, xml: xmlElement("testsuite", attributes, content) };
}

function testCases(run: Summary): TestCase[] {
  return [
    recordingCase(run),
    generatorCase(run),
    ...run.guarantees.map((guarantee) => guaranteeCase(guarantee, run)),
    ...run.budgets.map(budgetCase),
  ];
}

function recordingCase({ partial, verdict, generator }: Summary): TestCase {
  const name = "the recording is whole";
  const group = "recording";
  // Of a run that did not pass, whatever no other case says is the recording's.
  const reasons = verdict.outcome === "pass" ? [] : verdict.reasons;
  const own = reasons.filter(
    (reason) => !/^(Guarantee|Budget|Coupling|The generator was not valid)/.test(reason),
  );
  if (partial === null && own.length === 0) return { group, name };
  const message = partial?.detail ?? own[0] ?? "";
  const type = partial?.reason ?? "damaged";
  const valid = generator.valid ? [] : ["The generator was not valid either."];
  return { group, name, problem: { kind: "error", type, message, details: lines(own, valid) } };
}

function generatorCase({ generator }: Summary): TestCase {
  const name = "the load was what the plan says";
  if (generator.valid) return { group: "generator", name };
  const [message = "the generator was not valid"] = generator.problems;
  const details = generator.problems.join("\n");
  const problem = { kind: "error", type: "generator-not-valid", message, details } as const;
  return { group: "generator", name, problem };
}

function guaranteeCase(guarantee: Summary["guarantees"][number], run: Summary): TestCase {
  const { outcome, violations, checked, promise } = guarantee;
  const name = guaranteeName(run, guarantee);
  const group = "guarantees";
  if (outcome === "held") return { group, name };
  if (outcome === "unknown") {
    const message = `could not be checked: ${guarantee.note ?? "nothing was observed"}`;
    return { group, name, problem: { kind: "error", type: "unknown", message, details: promise } };
  }
  const message = `${violations} violations in ${checked} ${guarantee.of ?? "operations"}`;
  const details = lines([promise], guarantee.example === undefined ? [] : [guarantee.example]);
  return { group, name, problem: { kind: "failure", type: "broken", message, details } };
}

function budgetCase(budget: Summary["budgets"][number]): TestCase {
  const { expression: name, outcome, unit, samples } = budget;
  const group = "budgets";
  if (outcome === "held") return { group, name };
  const observed = `observed ${withUnit(budget.observed, unit)}, limit ${withUnit(budget.limit, unit)}, ${samples} samples`;
  const message = budget.reason ?? observed;
  const kind = outcome === "breached" ? "failure" : "error";
  return { group, name, problem: { kind, type: outcome, message, details: observed } };
}

function caseXml({ group, name, problem }: TestCase, classname: string, notGated?: string): string {
  const attributes = { classname: `${classname}.${group}`, name, time: 0 };
  if (problem === undefined) return xmlElement("testcase", attributes, []);
  const { kind, type, message, details } = problem;
  if (notGated !== undefined) {
    const skipped = { message: `${notGated}; ${type}: ${message}` };
    return xmlElement("testcase", attributes, [xmlElement("skipped", skipped, [])]);
  }
  const content = xmlElement(kind, { message, type }, [xmlText(details)]);
  return xmlElement("testcase", attributes, [content]);
}

function verdictOf({ verdict }: Summary): string {
  return lines([`Verdict: ${verdict.outcome} (exit code ${verdict.exitCode})`], verdict.reasons);
}

function lines(...parts: readonly (readonly string[])[]): string {
  return parts.flat().join("\n");
}
