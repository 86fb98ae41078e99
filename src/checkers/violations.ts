/** Violations of one guarantee, with the first one as a story. */
import { optional } from "../optional.ts";
import type { LaneFinding } from "../verdict/summary-document.ts";

export class Violations {
  count = 0;
  example: string | undefined;
  /** Where the example stands, among those of the same kind. */
  position = 0;

  add(count: number, story: () => string, position = 0): void {
    if (count <= 0) return;
    this.count += count;
    if (this.example !== undefined) return;
    this.example = story();
    this.position = position;
  }
}

/** Of one kind, found apart from each other: the example is the one that stands before all others. */
export function earliest(parts: readonly Violations[]): Violations {
  return joined(parts.toSorted((left, right) => left.position - right.position));
}

/** Of one guarantee that can be broken in several ways; the first example of the first one that was. */
export function joined(parts: readonly Violations[]): Violations {
  const all = new Violations();
  for (const { count, example = "", position } of parts) all.add(count, () => example, position);
  return all;
}

/** Broken by any violation; else unknown where there is a doubt. */
export function resultOf(
  guarantee: { readonly id: string; readonly promise: string },
  violations: Violations,
  { checked, doubts }: { readonly checked: number; readonly doubts: readonly string[] },
): LaneFinding {
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
