/** What a recording turned into: kept in `run.json`, and told before the load and in a dry run. */
export interface RecordedCurve {
  /** Without its folder. */
  readonly file: string;
  readonly rows: number;
  /** From its first to its last row. */
  readonly spanS: number;
  /** For people: `column 1 (timestamp)`. */
  readonly timeColumn: string;
  readonly valueColumn: string;
  readonly newestFirst: boolean;
  readonly durationS: number;
  /** The recording's peak by its mean, and the same of the curve that is played. */
  readonly recordedPeakToMean: number;
  readonly playedPeakToMean: number;
  /** The played mean by that of the same curve without loss: 1.15 is 15 % more load. */
  readonly meanRatio: number;
  /** Absent when each row is a point of the curve. */
  readonly cells?: { readonly cellS: number; readonly withPeak: number };
}

/** Sentences for people, a line each; none for a plan that was not recorded. */
export function recordedCurveLines(recorded: RecordedCurve | undefined): string[] {
  if (recorded === undefined) return [];
  const { file, rows, timeColumn, valueColumn, newestFirst, cells, durationS } = recorded;
  const order = newestFirst ? ", newest first" : "";
  const read = `plan ${file}: ${rows} rows over ${spanText(recorded.spanS)}${order}; time from ${timeColumn}, rate from ${valueColumn}`;
  const [ofFile, played] = [recorded.recordedPeakToMean, recorded.playedPeakToMean].map(timesText);
  if (cells === undefined) {
    return [read, `plan ${file}: its peak is ${ofFile} times its mean, and each row is played`];
  }
  const rowsPerCell = Math.round((rows * cells.cellS) / durationS);
  const cell = cells.cellS === 1 ? "second" : `${cells.cellS} seconds`;
  const more = Math.round((recorded.meanRatio - 1) * 100);
  return [
    read,
    `plan ${file}: its peak is ${ofFile} times its mean, and ${played} times as played in ${durationS} s; kept peaks add ${more} % to the load`,
    `plan ${file}: about ${rowsPerCell} rows fall into each ${cell}; ${cells.withPeak} of them keep their highest row, at least half the peak, and the rest have their mean. Play it longer, or a part of it, to lose less`,
  ];
}

function timesText(ratio: number): string {
  return ratio < 100 ? ratio.toFixed(1) : ratio.toFixed(0);
}

function spanText(seconds: number): string {
  const [unitS, unit] = (
    [
      [86_400, "days"],
      [3_600, "hours"],
      [60, "minutes"],
    ] as const
  ).find(([size]) => seconds >= 2 * size) ?? [1, "seconds"];
  return `${Number((seconds / unitS).toFixed(1))} ${unit}`;
}
