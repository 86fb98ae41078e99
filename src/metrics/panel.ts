/**
 * A panel of the dashboard as data: what a lane wants to see of itself beside what every lane has
 * (load, latency, nodes). The dashboard keeps only the series that a panel names, which bounds its memory.
 *
 * In a series one `*` stands for a node's id: in a table for that of its row, in a fact or a chart for
 * all of them, added up.
 */
import type { Percentile } from "./histogram/latency-histogram.ts";

export type PanelSource =
  /** The reading itself. */
  | { readonly kind: "gauge"; readonly series: string }
  /** Growth per second of a counter. */
  | { readonly kind: "rate"; readonly series: string }
  /** Growth of a counter since the load began. */
  | { readonly kind: "growth"; readonly series: string }
  /** How far a node's reading is below the largest one among all nodes. For tables. */
  | { readonly kind: "behind"; readonly series: string }
  /** Of a series of `latency.hlog`, second by second; milliseconds. */
  | { readonly kind: "percentile"; readonly series: string; readonly percentile: Percentile };

/** `share` is a fraction shown in percent; `leader` is 1 or 0. */
export type PanelUnit = "ms" | "bytes" | "count" | "/s" | "share" | "leader";

export interface PanelFigure {
  readonly label: string;
  readonly source: PanelSource;
  readonly unit: PanelUnit;
}

export interface PanelDefinition {
  /** The word on its frame. */
  readonly title: string;
  /** One row per node of a kind; the first column is the node's id. */
  readonly table?: { readonly nodeKind: string; readonly columns: readonly PanelFigure[] };
  /** Outcomes of an action so far, and the upper bound of a rate that was not seen. */
  readonly outcomesOf?: string;
  /** What the series of the lane's live checks begin with: `check` of `check.lost`. */
  readonly checks?: string;
  readonly facts?: readonly PanelFigure[];
  readonly chart?: { readonly unit: PanelUnit; readonly lines: readonly PanelFigure[] };
}
