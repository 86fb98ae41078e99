/** What a panel is. A new one is one file in this folder and one line in `panels.ts`. */
import { type Chart, drawChart, stickyTop } from "../chart.ts";
import type { Look } from "../look.ts";
import type { Snapshot } from "../snapshot.ts";
import { marksOf } from "../timeline-text.ts";

export interface PanelContext {
  readonly look: Look;
  readonly width: number;
  readonly height: number;
  /** Seconds from the left to the right edge of charts. */
  readonly windowS: number;
  /** Tops of axes, by panel: an axis that jumps can't be read. */
  readonly tops: Map<string, number>;
  /** What the log is filtered by. */
  readonly filter: string;
}

export interface Panel {
  readonly title: string;
  /** False as long as the recording has nothing for it; absent: there is always something. */
  isShown?(snapshot: Snapshot): boolean;
  /** At most `height` lines, each `width` columns wide. */
  lines(snapshot: Snapshot, context: PanelContext): string[];
}

export type PanelChart = Pick<Chart, "lines" | "axis" | "budget"> & { readonly id: string };

/** A chart that fills `height` lines; marks, shades and time are the same on every one. */
export function chartLines(
  snapshot: Snapshot,
  context: PanelContext,
  chart: PanelChart & { readonly height: number; readonly extraMarks?: Chart["marks"] },
): string[] {
  if (chart.height < 2) return [];
  const values = chart.lines.flatMap((line) => line.values.filter((value) => value !== null));
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const top = stickyTop(context.tops.get(chart.id), largest);
  context.tops.set(chart.id, top);
  const { width, look, windowS } = context;
  const marks = [...(chart.extraMarks ?? []), ...marksOf(snapshot.events)];
  const { fromS, shaded } = snapshot;
  // Of a single row the axis below it is the bottom, and its label that of the top.
  const axis = chart.height > 2 ? chart.axis : () => chart.axis(top);
  return drawChart({ ...chart, axis, fromS, windowS, width, top, shaded, marks, look });
}
