/** A budget, parsed: `SUBJECT COMPARISON VALUE [@PHASE]` (docs/budgets.md). */
import type { FigureDefinition } from "../../metrics/figure.ts";
import type { Percentile } from "../../metrics/histogram/latency-histogram.ts";

export const comparisons = ["<", "<=", ">", ">=", "=="] as const;
export type Comparison = (typeof comparisons)[number];

export type BudgetUnit = "ms" | "%" | "/s" | "bytes" | "count";

export type BudgetSubject =
  | {
      readonly kind: "action";
      readonly lane: string;
      readonly action: string;
      readonly figure: Percentile | "errorRate" | "rate";
    }
  | {
      readonly kind: "figure";
      readonly lane: string;
      readonly figure: string;
      /** Absent for a figure that is a single number. */
      readonly stat?: Percentile;
    }
  | { readonly kind: "node"; readonly node: string; readonly figure: "cpu" | "rss" }
  | {
      readonly kind: "fault";
      readonly fault: string;
      /** As its players felt it; absent: those of the target's. */
      readonly feltBy?: string;
      readonly figure: "detect" | "gap" | "recover";
    };

export interface Budget {
  readonly expression: string;
  readonly subject: BudgetSubject;
  readonly comparison: Comparison;
  /** In `unit`. */
  readonly limit: number;
  readonly unit: BudgetUnit;
  /** Absent: all phases but the warm-up. */
  readonly phase?: string;
}

/** The names that exist in a run; a RunDocument is one. */
export interface BudgetVocabulary {
  readonly lanes: Readonly<
    Record<
      string,
      {
        readonly actions: Readonly<Record<string, unknown>>;
        /** Out of which only faults on the lane are cut; absent: as of the run. */
        readonly phases?: readonly { readonly name: string }[];
        readonly figures: readonly {
          readonly name: string;
          readonly kind: FigureDefinition["kind"];
          readonly unit?: "ratio" | "bytes" | "count";
        }[];
      }
    >
  >;
  readonly nodes: readonly { readonly id: string }[];
  readonly phases: readonly { readonly name: string }[];
  readonly faults?: readonly { readonly id: string }[] | undefined;
}
