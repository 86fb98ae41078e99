/**
 * The verdict: a pure function of what was found. Several outcomes may apply; the recording says all of
 * them, and the exit code is that of the first: broken (5), breach (99), inconclusive (4).
 */
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type {
  BudgetResult,
  GeneratorResult,
  GuaranteeResult,
  Verdict,
} from "./summary-document.ts";

/** What the backend itself said of why it could not do better. */
export interface Cause {
  readonly sentence: string;
  /** What it says leaves open whether anything held. */
  readonly inconclusive: boolean;
}

export interface Findings {
  /** Undefined when only the guarantees are judged: what was acknowledged does not hang on its lateness. */
  readonly generator: GeneratorResult | undefined;
  readonly guarantees: readonly GuaranteeResult[];
  readonly budgets: readonly BudgetResult[];
  /** What makes the recording itself unfit: partial, a node lost, a file cut off. In sentences. */
  readonly recordingProblems: readonly string[];
  readonly causes: readonly Cause[];
  /** What may explain a verdict that is no pass, and excuses nothing. In sentences. */
  readonly circumstances: readonly string[];
  /** The command that plays the same plan again. */
  readonly replay?: string | undefined;
  /** More than one lane played: reasons say whose they are. */
  readonly severalLanes: boolean;
}

const outcomeExitCodes = {
  pass: exitCodes.pass,
  inconclusive: exitCodes.inconclusive,
  broken: exitCodes.broken,
  breach: exitCodes.breach,
} as const satisfies Record<Verdict["outcome"], ExitCode>;

export function judge(findings: Findings): Verdict {
  const broken = findings.guarantees
    .filter((guarantee) => guarantee.outcome === "broken")
    .map((guarantee) => brokenSentence(guarantee, findings))
    .map((sentence, index) => (index === 0 ? sentence + replaySentence(findings) : sentence));
  const breached = findings.budgets
    .filter((budget) => budget.outcome === "breached")
    .map(breachSentence);
  const inconclusive = [
    ...findings.recordingProblems,
    ...(findings.generator?.problems ?? []).map(
      (problem) => `The generator was not valid: ${problem}.`,
    ),
    ...unknownSentences(findings.guarantees.filter(leavesOpen), findings),
    ...findings.budgets.filter((each) => each.outcome === "inconclusive").map(noiseSentence),
  ];
  // What explains the others comes first. It does not make a breach, and it is said of a pass too.
  const causes = findings.causes.map(({ sentence }) => sentence);
  const open = findings.causes.filter((cause) => cause.inconclusive);
  const outcome = firstOutcome(broken, breached, [...inconclusive, ...open]);
  const found = [...broken, ...breached, ...inconclusive];
  // Nobody else on the machine explains a lost write.
  if (outcome === "breach" || outcome === "inconclusive") found.push(...findings.circumstances);
  return {
    outcome,
    exitCode: outcomeExitCodes[outcome],
    reasons: [...causes, ...(outcome === "pass" ? [passSentence(findings)] : found)],
    ...(outcome === "inconclusive" ? spoiledBy(findings) : {}),
  };
}

/** Nothing else may be open: another run of the same plan would leave that open, too. */
function spoiledBy(findings: Findings): Pick<Verdict, "spoiledBy"> {
  const { generator, budgets, guarantees, recordingProblems, causes } = findings;
  const undecided = budgets.filter(({ outcome }) => outcome === "inconclusive");
  const other =
    recordingProblems.length > 0 ||
    causes.length > 0 ||
    guarantees.some(leavesOpen) ||
    undecided.some((budget) => budget.spoiledBy === undefined);
  if (other) return {};
  const found = new Set(undecided.flatMap((budget) => budget.spoiledBy ?? []));
  if (generator?.valid === false) found.add("generator");
  return found.size === 0 ? {} : { spoiledBy: [...found] };
}

/** It could not be told whether the guarantee held, and that counts. */
export function leavesOpen({ outcome, secondOpinion }: GuaranteeResult): boolean {
  return outcome === "unknown" && secondOpinion !== true;
}

export interface Circumstances {
  readonly generator: Pick<GeneratorResult, "valid">;
  /** Why the recording ends before its plan does, in words; undefined when it does not. */
  readonly partial: string | undefined;
}

/**
 * Budgets on the load are evidence against the backend only when the load was what the plan says. With
 * an invalid generator response times include its own lateness; in a run that was cut short, actions
 * fail because of the cut and later phases are empty. A breach is then inconclusive. `node.` budgets stand.
 */
export function asEvidence(
  budgets: readonly BudgetResult[],
  { generator, partial }: Circumstances,
): BudgetResult[] {
  if (generator.valid && partial === undefined) return [...budgets];
  const why = partial ?? "the generator was not valid";
  const spoiled = partial === undefined ? { spoiledBy: "generator" as const } : {};
  return budgets.map((budget) => {
    const ofNode = budget.expression.startsWith("node.");
    if (ofNode || budget.outcome !== "breached") return budget;
    const reason = `it was not met, but ${why}`;
    return { ...budget, outcome: "inconclusive", ...spoiled, reason };
  });
}

function firstOutcome(
  broken: readonly string[],
  breached: readonly string[],
  inconclusive: readonly unknown[],
): Verdict["outcome"] {
  if (broken.length > 0) return "broken";
  if (breached.length > 0) return "breach";
  return inconclusive.length > 0 ? "inconclusive" : "pass";
}

function replaySentence({ replay }: Findings): string {
  return replay === undefined ? "" : ` To play the same plan again: ${replay}`;
}

/** Two lanes may have a guarantee of one id. */
function nameOf({ lane, id }: GuaranteeResult, { severalLanes }: Findings): string {
  return severalLanes ? `${lane}/${id}` : id;
}

function brokenSentence(guarantee: GuaranteeResult, findings: Findings): string {
  const example = guarantee.example === undefined ? "" : ` For example: ${guarantee.example}`;
  const noun = guarantee.violations === 1 ? "violation" : "violations";
  return `Guarantee ${nameOf(guarantee, findings)} is broken: ${guarantee.violations} ${noun} in ${guarantee.checked} ${guarantee.of ?? "operations"}.${example}`;
}

/** One sentence for all that could not be checked for the same reason. */
function unknownSentences(guarantees: readonly GuaranteeResult[], findings: Findings): string[] {
  const byNote = Map.groupBy(guarantees, ({ note }) => note ?? "nothing was observed");
  return [...byNote].map(([note, alike]) => {
    const ids = alike.map((guarantee) => nameOf(guarantee, findings));
    const last = ids.at(-1);
    const names = ids.length === 1 ? last : `${ids.slice(0, -1).join(", ")} and ${last}`;
    return `${ids.length === 1 ? "Guarantee" : "Guarantees"} ${names} could not be checked: ${note}.`;
  });
}

function breachSentence(budget: BudgetResult): string {
  return `Budget ${budget.expression} is breached: ${observedText(budget)}.`;
}

function noiseSentence(budget: BudgetResult): string {
  return `Budget ${budget.expression} is inconclusive: ${budget.reason ?? observedText(budget)}.`;
}

function observedText(budget: BudgetResult): string {
  if (budget.observed === null) return budget.reason ?? "nothing was measured";
  const unit = budget.unit === "count" ? "" : ` ${budget.unit}`;
  return `observed ${round(budget.observed)}${unit}, limit ${round(budget.limit)}${unit}, ${budget.samples} samples`;
}

/** Four digits are more than a verdict needs. */
function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function passSentence({ budgets, guarantees, generator }: Findings): string {
  const operations = Math.max(0, ...guarantees.map((guarantee) => guarantee.checked));
  const held = guarantees.filter(({ outcome }) => outcome === "held").length;
  const ofGuarantees = allOf(held, "guarantee");
  const checked = `(${operations} operations checked)`;
  if (generator === undefined) return sentence(`${ofGuarantees} held ${checked}`);
  const ofBudgets = budgets.length === 0 ? "" : `${allOf(budgets.length, "budget")} and `;
  return sentence(
    `${ofBudgets}${ofGuarantees} held ${checked}, with a valid generator${leftOut(budgets)}`,
  );
}

/** A pass that does not rest on every second says so. */
function leftOut(budgets: readonly BudgetResult[]): string {
  const most = Math.max(0, ...budgets.map(({ leftOutS = 0 }) => leftOutS));
  if (most === 0) return "";
  return `; up to ${most} s of a budget's window left out, in which the machine's disk stood still`;
}

function allOf(count: number, noun: string): string {
  return count === 1 ? `the ${noun}` : `all ${count} ${noun}s`;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
