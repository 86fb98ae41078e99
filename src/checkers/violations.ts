/** Violations of one guarantee, with the first one as a story. */
import { optional } from "../optional.ts";
import type { GuaranteeResult } from "../verdict/summary-document.ts";

export class Violations {
  count = 0;
  example: string | undefined;

  add(count: number, story: () => string): void {
    if (count <= 0) return;
    this.count += count;
    this.example ??= story();
  }
}

/** Of one guarantee that can be broken in several ways; the first example of the first one that was. */
export function joined(parts: readonly Violations[]): Violations {
  const all = new Violations();
  for (const { count, example = "" } of parts) all.add(count, () => example);
  return all;
}

/** Broken by any violation; else unknown where there is a doubt. */
export function resultOf(
  guarantee: { readonly id: string; readonly promise: string },
  violations: Violations,
  { checked, doubts }: { readonly checked: number; readonly doubts: readonly string[] },
): GuaranteeResult {
  const undecided = doubts.length > 0 ? "unknown" : "held";
  return {
    ...guarantee,
    outcome: violations.count > 0 ? "broken" : undecided,
    checked,
    violations: violations.count,
    upperBound95: violations.count === 0 && checked > 0 ? 3 / checked : null,
    ...optional({ example: violations.example }),
    ...(doubts.length === 0 ? {} : { note: doubts.join("; ") }),
  };
}
