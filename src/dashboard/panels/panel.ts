/** What a panel is. A new one is one file in this folder and one line in `panels.ts`. */
import { type Chart, drawChart, stickyBottom, stickyTop } from "../charts/chart.ts";
import type { Look } from "../frame/look.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { marksOf } from "../model/timeline-text.ts";

/** Top and bottom of the charts' axes, by the charts' ids. */
export type Axes = Map<string, Pick<Chart, "top" | "bottom">>;

export interface PanelContext {
  readonly look: Look;
  readonly width: number;
  readonly height: number;
  /** Seconds from the left to the right edge of charts. */
  readonly windowS: number;
  /** By panel: an axis that jumps can't be read. */
  readonly axes: Axes;
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

export interface PanelChart extends Pick<Chart, "lines" | "axis" | "budget"> {
  readonly id: string;
  /** Times: over decades. */
  readonly logarithmic?: boolean;
}

/** A chart that fills `height` lines; marks, shades and time are the same on every one. */
export function chartLines(
  snapshot: Snapshot,
  context: PanelContext,
  chart: PanelChart & { readonly height: number; readonly extraMarks?: Chart["marks"] },
): string[] {
  if (chart.height < 2) return [];
  const { top, bottom } = axisOf(context, chart);
  const { width, look, windowS } = context;
  const marks = [...(chart.extraMarks ?? []), ...marksOf(snapshot.events)];
  const { fromS, shaded } = snapshot;
  // Of a single row the axis below it is the bottom, and its label that of the top.
  const axis = chart.height > 2 ? chart.axis : () => chart.axis(top);
  return drawChart({ ...chart, axis, fromS, windowS, width, top, bottom, shaded, marks, look });
}

function axisOf({ axes }: PanelContext, chart: PanelChart): Pick<Chart, "top" | "bottom"> {
  const before = axes.get(chart.id);
  const values = chart.lines.flatMap((line) => line.values.filter((value) => value !== null));
  const largest = values.reduce((most, value) => Math.max(most, value), chart.budget ?? 0);
  if (chart.logarithmic !== true) {
    const axis = { top: stickyTop(before?.top, largest), bottom: 0 };
    axes.set(chart.id, axis);
    return axis;
  }
  const smallest = values.reduce(
    (least, value) => (value > 0 ? Math.min(least, value) : least),
    Number.POSITIVE_INFINITY,
  );
  const bottom = stickyBottom(before?.bottom, smallest);
  const axis = { top: stickyTop(before?.top, Math.max(largest, 10 * bottom)), bottom };
  axes.set(chart.id, axis);
  return axis;
}
