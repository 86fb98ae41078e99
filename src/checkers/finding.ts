/** What a checker found out about one guarantee. Every result of a guarantee is made of one, here. */
import { optional } from "../optional.ts";
import type { GuaranteeResult } from "../verdict/summary-document.ts";
import type { Guarantee } from "./guarantee.ts";

export interface Finding {
  readonly guarantee: Guarantee;
  readonly violations: { readonly count: number; readonly example?: string | undefined };
  readonly checked: number;
  /** What was counted; operations when left out. */
  readonly of?: string;
  /** Why an absence of violations would prove nothing, in sentences without a stop. */
  readonly doubts: readonly string[];
  /** What a reader should know besides; no doubt. */
  readonly remarks?: readonly string[];
  /** True: what was checked are no trials of their own, so their number bounds nothing. */
  readonly isUnbounded?: boolean;
  /** True: that it could not tell decides nothing. */
  readonly isSecondOpinion?: boolean;
}

/** Broken by any violation; else unknown where there is a doubt. */
export function resultOf(lane: string, finding: Finding): GuaranteeResult {
  const { guarantee, violations, checked, doubts, remarks = [] } = finding;
  const undecided = doubts.length > 0 ? "unknown" : "held";
  const isBounded = finding.isUnbounded !== true && violations.count === 0 && checked > 0;
  const notes = [...doubts, ...remarks];
  return {
    lane,
    id: guarantee.id,
    promise: guarantee.promise,
    outcome: violations.count > 0 ? "broken" : undecided,
    checked,
    violations: violations.count,
    upperBound95: isBounded ? 3 / checked : null,
    ...optional({ of: finding.of, example: violations.example }),
    ...(notes.length === 0 ? {} : { note: notes.join("; ") }),
    ...(finding.isSecondOpinion === true ? { secondOpinion: true } : {}),
  };
}
