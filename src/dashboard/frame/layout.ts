/**
 * Which panel stands where: panels of one size, so that a second has one place on all charts of a page, and
 * the log over the whole width of the last row.
 */

const panelSize = { columns: 39, rows: 8 } as const;
const acrossMax = 4;

export interface PlacedPanel {
  readonly index: number;
  readonly width: number;
}

export interface PanelPage {
  readonly rows: readonly { readonly height: number; readonly panels: readonly PlacedPanel[] }[];
  /** Index of its first and last panel. */
  readonly first: number;
  readonly last: number;
}

/** The page with the focused panel. */
export function pageOf(
  panels: number,
  focus: number,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): PanelPage {
  const across = Math.max(1, Math.min(acrossMax, Math.floor(columns / panelSize.columns)));
  const others = Math.max(1, panels - 1);
  // Rows as even as can be: a row of one panel between rows of four would be a poor use of it.
  const perRow = Math.ceil(others / Math.ceil(others / across));
  const starts = Array.from({ length: Math.ceil(others / perRow) }, (_, row) => row * perRow);
  const ends = [...starts.slice(1), others];
  const all = starts.map((start, row) => ({ start, end: ends[row] ?? others }));
  if (panels > 1) all.push({ start: others, end: panels });
  const down = Math.max(1, Math.min(all.length, Math.floor(rows / panelSize.rows)));
  const focused = all.findIndex(({ start, end }) => focus >= start && focus < end);
  const from = Math.floor(Math.max(0, focused) / down) * down;
  const shown = all.slice(from, from + down);
  const isLog = (start: number) => start === panels - 1;
  const grid = Math.max(
    1,
    ...shown.flatMap(({ start, end }) => (isLog(start) ? [] : [end - start])),
  );
  const page = shown.map(({ start, end }, line) => ({
    height: Math.floor(rows / shown.length) + (line < rows % shown.length ? 1 : 0),
    panels: Array.from({ length: end - start }, (_, index) => ({
      index: start + index,
      width: isLog(start) ? columns : Math.floor(columns / grid),
    })),
  }));
  return { rows: page, first: shown[0]?.start ?? 0, last: (shown.at(-1)?.end ?? 1) - 1 };
}
